#!/usr/bin/env python3
"""Runs mcpctl on a terminal and draws its screen: docs/pictures/NAME.svg.

usage: docs/pictures/record.py [NAME…]        default: all scenes

Each scene is a list of lines that are typed into a shell, or into the program that the previous line started. A line that
ends with a tab is not followed by Enter. The picture shows the real output, in its colours. Needs Linux with `unshare`, and
`pip install pyte rich`; MCPCTL names the binary (default: target/release/mcpctl).
"""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

import pyte
from rich.console import Console
from rich.style import Style
from rich.text import Text

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MCPCTL = Path(os.environ.get("MCPCTL", ROOT / "target/release/mcpctl")).resolve()
WIDTH, HEIGHT = 132, 200

# the folder in which a scene runs, as paths in the output show it
HOME = "/home/me"

# a scene: its title, and the lines that are typed; it runs in the demo world of the sandbox
SCENES = {
    "provision": ("mcpctl provision", [
        "mcpctl provision grafana --base prod",
        "http://grafana:3000",
        "canary-not-a-key",
        "mcpctl diff prod",
    ]),
    "list": ("mcpctl list, cleanup", [
        "mcpctl list -A",
        "mcpctl stale 24h",
        "y",
        "mcpctl cleanup --dry-run",
    ]),
    "repl": ("mcpctl repl", [
        "mcpctl repl",
        'let old = pods::list(#{ older_than: "2d" })',
        "old.len()",
        "old",
        "pods::delete(old)",
        "y",
        "pods::lsit()",
        ":quit",
    ]),
    "doctor": ("mcpctl doctor", ["mcpctl doctor"]),
    "check": ("mcpctl check", [
        "cat old.rhai",
        "mcpctl check old.rhai",
        "sed -i s/oldre_than/older_than/ old.rhai",
        "mcpctl check old.rhai",
        "mcpctl run old.rhai 2d",
    ]),
    "completion": ("completion in bash", [
        "mcpctl session mcp-gateway-\t\t",
        "8\t",
        "--dry\t",
        "",
    ]),
}
# files in the folder of every scene
FILES = {
    "old.rhai": """\
//! List the pods that are older than a duration.
const PARAMS = [#{ name: "age", help: "such as 2d", kind: "duration" }];

fn main(args) {
    pods::list(#{ oldre_than: args.age })
}
""",
}
COLOURS = {"brown": "yellow"}


def prepare(folder):
    """Writes the files of a scene, and the program: a copy, because the folder is mounted over /home."""
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / ".bin").mkdir()
    shutil.copy2(MCPCTL, folder / ".bin/mcpctl")


def shell(folder):
    """The arguments of a shell that sees the folder as `HOME`."""
    mounted = f"mount -t tmpfs none /home && mkdir {HOME} && mount --bind {folder} {HOME} && cd {HOME}"
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", f"{mounted} && exec bash --norc --noprofile -i"]


def environment():
    """A sandbox whose world lasts through the scene, and a terminal with colours."""
    return {
        "PATH": f"{HOME}/.bin:/usr/bin:/bin", "HOME": HOME, "TERM": "xterm-256color", "LANG": "C.UTF-8",
        "PS1": "\\[\\e[1;32m\\]$\\[\\e[0m\\] ", "MCPCTL_SANDBOX": "world.json", "MCPCTL_NO_JOURNAL": "1",
        "MCPCTL_COMPLETE_WAIT": "1s",
    }


def read(terminal, stream, quiet, most):
    """Feeds the screen until nothing has come for `quiet` seconds."""
    end = time.monotonic() + most
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], quiet)
        if not ready:
            return
        try:
            data = os.read(terminal, 65536)
        except OSError:
            return
        if not data:
            return
        stream.feed(data)
    sys.exit("a scene does not end")


def play(lines):
    """Types the lines into a shell on a terminal and returns its screen."""
    folder = Path(tempfile.mkdtemp())
    prepare(folder)
    child, terminal = pty.fork()
    if child == 0:
        os.execve("/usr/bin/unshare", shell(folder), environment())
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.ByteStream(screen)
    read(terminal, stream, 0.5, 10)
    screen.reset()
    # `mcpctl list` creates the world, so that completion finds its sessions
    os.write(terminal, b'eval "$(mcpctl completions bash)"; mcpctl list > .out 2>&1; rm .out\r')
    read(terminal, stream, 1.2, 10)
    screen.reset()
    stream.feed(b"\x1b[1;32m$\x1b[0m ")
    for line in lines:
        os.write(terminal, line.encode() + (b"" if line.endswith("\t") else b"\r"))
        read(terminal, stream, 1.2, 60)
    os.kill(child, signal.SIGHUP)
    os.close(terminal)
    os.waitpid(child, 0)
    shutil.rmtree(folder)
    return screen


def style(char):
    name = COLOURS.get(char.fg, char.fg)
    colour = None if name == "default" else name if not all(c in "0123456789abcdef" for c in name) else f"#{name}"
    if colour and colour.startswith("bright"):
        colour = colour.replace("bright", "bright_")
    return Style(color=colour, bold=char.bold, italic=char.italics, underline=char.underscore, reverse=char.reverse)


def draw(name, title, screen):
    rows = []
    for y in range(HEIGHT):
        row = Text()
        for x in range(WIDTH):
            row.append(screen.buffer[y][x].data, style(screen.buffer[y][x]))
        row.rstrip()
        rows.append(row)
    while rows and rows[-1].plain.strip() in ("", "$"):
        rows.pop()
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w"), force_terminal=True, color_system="256")
    for row in rows:
        console.print(row, no_wrap=True, overflow="ignore", crop=True)
    drawn = console.export_svg(title=title)
    # the reader's own monospace font, instead of one from a server
    drawn = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)
    (HERE / f"{name}.svg").write_text(drawn)
    print(f"{name}.svg: {len(rows)} lines")


def main():
    names = sys.argv[1:] or list(SCENES)
    for name in names:
        title, lines = SCENES[name]
        draw(name, title, play(lines))


if __name__ == "__main__":
    main()

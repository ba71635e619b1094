#!/usr/bin/env python3
"""Runs mcpctl on a terminal and draws what stood on the screen: docs/pictures/NAME.svg.

usage: docs/pictures/record.py [NAME…]        all scenes where none is named

Each scene is a list of lines that are typed into a shell, or into what the line before them started. What is drawn is
what the program printed, in its colours. Needs `pip install pyte rich`; MCPCTL names the binary (target/release/mcpctl).
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

# a scene: its title, and what is typed; the sandbox, since its world is everybody's
SCENES = {
    "provision": ("mcpctl provision", [
        "mcpctl provision grafana --base prod",
        "http://grafana:3000",
        "canary-not-a-key",
        "mcpctl provision grafana --base prod | tail -0",
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
}
COLOURS = {"brown": "yellow"}


def environment(home):
    """A home of its own, a sandbox whose world lasts through the scene, and a terminal with colours."""
    folder = home / "bin"
    folder.mkdir()
    (folder / "mcpctl").symlink_to(MCPCTL)
    return {
        "PATH": f"{folder}:/usr/bin:/bin", "HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8",
        "PS1": "\\[\\e[1;32m\\]$\\[\\e[0m\\] ", "MCPCTL_SANDBOX": "world.json", "MCPCTL_NO_JOURNAL": "1",
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
    sys.exit("a scene does not come to rest")


def play(lines):
    """Types the lines into a shell on a terminal and gives its screen."""
    home = Path(tempfile.mkdtemp())
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(home)
        os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "-i"], environment(home))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.ByteStream(screen)
    read(terminal, stream, 0.5, 10)
    screen.reset()
    os.write(terminal, b"\n")
    read(terminal, stream, 0.3, 10)
    screen.reset()
    stream.feed(b"\x1b[1;32m$\x1b[0m ")
    for line in lines:
        os.write(terminal, line.encode() + b"\r")
        read(terminal, stream, 1.2, 60)
    os.kill(child, signal.SIGHUP)
    os.close(terminal)
    os.waitpid(child, 0)
    shutil.rmtree(home)
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
    # the reader's own monospace font, instead of one from somebody's server
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

"""A press of TAB in the REPL, seen on a terminal; beside it Python's REPL, and kubectl's completion in a shell."""
import sys

from harness.process import Run, Sample, bare, run
from harness.terminal import Terminal

ROUNDS = 20
ERASE = b"\x15"


def measure(bench):
    bench.report.begin("completion", f"from TAB to the screen, {ROUNDS} rounds")
    environment = bare(bench.folder) | {"NO_COLOR": "1"}
    own = Terminal([bench.mcpctl, "--sandbox"], environment, bench.folder)
    own.wait(b"> ")
    python = Terminal([sys.executable, "-q"], environment, bench.folder)
    python.wait(b">>> ")
    python.press(b"import os\n", b">>> ")
    samples = {
        "mcpctl, functions of `pods`": keys(own, b"pods::", b"\t", b"watch"),
        "mcpctl, properties of a pod": keys(own, b"pods::list()[0].", b"\t", b"status"),
        "python3, functions of `os.path`": keys(python, b"os.path.", b"\t\t", b"splitext"),
        "kubectl __complete get": Sample([run([bench.kubectl, "__complete", "get", ""], bench.environment) for _ in range(5)]),
    }
    own.close()
    python.close()
    bench.report.samples(samples)


def keys(terminal, line, tab, until):
    """Types a line, presses TAB, waits for the words, and erases the line."""
    runs = []
    for _ in range(ROUNDS):
        terminal.settle()
        terminal.type(line)
        runs.append(Run(terminal.press(tab, until), 0))
        terminal.settle()
        terminal.type(ERASE)
    return Sample(runs)

"""Runs commands and takes their wall time and peak memory."""
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from statistics import median

# no single command may take longer, in seconds
LONGEST = 600


@dataclass
class Run:
    """One run of a command: seconds from start to end, and the MiB of its largest process."""

    wall: float
    peak: float
    output: str = ""


class Sample:
    """What the runs of one command took."""

    def __init__(self, runs):
        self.walls = [run.wall for run in runs]
        self.peak = median(run.peak for run in runs)

    @property
    def wall(self):
        return median(self.walls)


def run(command, environment=None, keep=False):
    """Runs a command, a list of words or a line for the shell, under GNU time, which starts it from a small process."""
    words = ["/bin/sh", "-c", command] if isinstance(command, str) else command
    with tempfile.NamedTemporaryFile("r") as report:
        timed = ["/usr/bin/time", "-f", "%M", "-o", report.name, *words]
        output = subprocess.PIPE if keep else subprocess.DEVNULL
        begun = time.perf_counter()
        done = subprocess.run(
            timed, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE, env=environment, check=False, timeout=LONGEST
        )
        wall = time.perf_counter() - begun
        if done.returncode:
            sys.exit(f"{' '.join(words)} failed:\n{done.stderr.decode()[-2000:]}")
        return Run(wall, int(report.read().split()[-1]) / 1024, done.stdout.decode() if keep else "")


def side_by_side(commands, rounds, environment=None):
    """Runs every command once in each round, turn and turn about, so that all of them meet the same machine.

    A round before those counts for nothing: it fills caches of files and of discovery. Gives a sample for each name.
    """
    for command in commands.values():
        run(command, environment)
    runs = {name: [] for name in commands}
    names = list(commands)
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            runs[name].append(run(commands[name], environment))
    return {name: Sample(taken) for name, taken in runs.items()}


def bare(home):
    """An environment that leads to no cluster and to nobody's files."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm"}

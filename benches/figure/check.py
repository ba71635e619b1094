"""`check` over every script that ships."""
from pathlib import Path

from harness.process import bare, side_by_side

ROUNDS = 15
ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["scripts", "stdlib", "examples"]


def measure(bench):
    folders = [str(ROOT / folder) for folder in FOLDERS]
    count = sum(len(list(Path(folder).rglob("*.rhai"))) for folder in folders)
    bench.report.begin("check", f"{count} scripts, {ROUNDS} rounds; nothing else checks them, so a start is the reference")
    commands = {"mcpctl check": [bench.mcpctl, "check", *folders], "mcpctl eval 1": [bench.mcpctl, "eval", "1"]}
    samples = side_by_side(commands, ROUNDS, bare(bench.folder))
    bench.report.samples(samples)
    own, start = samples["mcpctl check"], samples["mcpctl eval 1"]
    bench.report.tell("beyond a start, for each script", f"{(own.wall - start.wall) * 1000 / count:.2f} ms")

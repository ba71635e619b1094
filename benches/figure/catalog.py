"""The catalog: read whole, and what all of its servers need."""
import sys

from harness.process import bare, side_by_side
from harness.report import ratios, spread
from statistics import median

ROUNDS = 15
COUNT = "catalog::servers().len()"
REQUIREMENTS = "catalog::requirements(catalog::servers().map(|server| server.name)).len()"
# the fastest parser that Python has; what scripts around kubectl use
PYTHON = "import sys, yaml; print(len(yaml.load(open(sys.argv[1]), Loader=yaml.CSafeLoader)['registry']))"


def measure(bench, figure):
    if not bench.catalog.exists():
        bench.report.begin(figure, f"SKIPPED, no catalog at {bench.catalog}: MCPCTL_CATALOG_TEST names one")
        return
    script, what = (COUNT, "servers") if figure == "catalog" else (REQUIREMENTS, "requirements")
    bench.report.begin(figure, f"{bench.catalog.stat().st_size // 1024} KiB, {ROUNDS} rounds")
    commands = {
        f"mcpctl eval, {what}": [bench.mcpctl, "eval", script, "--catalog", str(bench.catalog)],
        "python3, libyaml, no more than parsed": [sys.executable, "-c", PYTHON, str(bench.catalog)],
        "mcpctl eval 1": [bench.mcpctl, "eval", "1"],
    }
    if not has_yaml():
        del commands["python3, libyaml, no more than parsed"]
    samples = side_by_side(commands, ROUNDS, bare(bench.folder))
    bench.report.samples(samples)
    own, start = samples[f"mcpctl eval, {what}"], samples["mcpctl eval 1"]
    beyond = [mine - least for mine, least in zip(own.walls, start.walls)]
    bench.report.judge("beyond `mcpctl eval 1`", median(beyond) * 1000, 50, "ms")


def has_yaml():
    try:
        import yaml
    except ImportError:
        return False
    return bool(yaml.__with_libyaml__)

#!/usr/bin/env python3
"""Measures mcpctl, and the tools that you would use instead: kubectl if it can do the job, curl as the lower bound.

usage: benches/figures.py [--markdown] [FIGURE …]

  startup        the smallest command of each program
  catalog        reading the catalog; compared with Python and libyaml
  requirements   the values that all servers of the catalog need
  check          `check` of every shipped script
  completion     a press of TAB in the REPL
  apply          500 keys of a ConfigMap, changed and unchanged, with the number of requests
  list-1000, list-10000, list-100000       pods: time and memory
  stale          ten old pods of 10,000
  delete-1000, delete-10000                pods

Default: all benchmarks except list-100000 and delete-10000, which create that many pods and take ten minutes. Each program
runs once per round, in turns. A ratio is the median of the ratios of the rounds; the minimum and maximum show how busy the
machine was. The exit code is 1 if a goal is missed.

MCPCTL names the binary [default: target/release/mcpctl]; KUBECTL names kubectl. The benchmarks from `apply` on need a cluster:
MCPCTL_E2E_KUBECONFIG names the kubeconfig of an administrator with a token. Each benchmark creates its own namespace and removes
it before the next one. MCPCTL_CATALOG_TEST names the catalog [default: ../shared/catalog/docker-mcp.yaml]. Needs curl and GNU
time.
"""
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benches"))

from figure import applying, catalog, check, completion, deletion, listing, stale, startup  # noqa: E402
from harness.cluster import Cluster  # noqa: E402
from harness.process import bare  # noqa: E402
from harness.report import Report  # noqa: E402

# in this order, so that benchmarks that share a namespace follow each other
FIGURES = {
    "startup": startup.measure,
    "catalog": lambda bench: catalog.measure(bench, "catalog"),
    "requirements": lambda bench: catalog.measure(bench, "requirements"),
    "check": check.measure,
    "completion": completion.measure,
    "apply": applying.measure,
    "list-1000": lambda bench: listing.measure(bench, 1_000),
    "list-10000": lambda bench: listing.measure(bench, 10_000),
    "stale": stale.measure,
    "delete-1000": lambda bench: deletion.measure(bench, 1_000),
    "delete-10000": lambda bench: deletion.measure(bench, 10_000),
    "list-100000": lambda bench: listing.measure(bench, 100_000),
}
LOCAL = {"startup", "catalog", "requirements", "check", "completion"}
LARGE = {"list-100000", "delete-10000"}


class Bench:
    """What every figure is given."""

    def __init__(self, folder):
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        self.mcpctl = os.environ.get("MCPCTL", str(target / "release/mcpctl"))
        self.kubectl = os.environ.get("KUBECTL", "kubectl")
        self.catalog = Path(os.environ.get("MCPCTL_CATALOG_TEST", ROOT.parent / "shared/catalog/docker-mcp.yaml"))
        self.folder = Path(folder)
        self.report = Report()
        self.environment = bare(folder)
        kubeconfig = os.environ.get("MCPCTL_E2E_KUBECONFIG")
        self.cluster = Cluster(kubeconfig) if kubeconfig else None
        if kubeconfig:
            self.environment["KUBECONFIG"] = kubeconfig


def main():
    words = sys.argv[1:]
    names = [word for word in words if word != "--markdown"]
    if not set(names) <= set(FIGURES):
        sys.exit(__doc__)
    chosen = [name for name in FIGURES if name in names or not names and name not in LARGE]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder)
        for needed in (bench.mcpctl, bench.kubectl, "curl", "/usr/bin/time"):
            if not shutil.which(needed):
                sys.exit(f"`{needed}` is not there: see benches/figures.py --help")
        load = os.getloadavg()[0]
        print(f"{time.strftime('%Y-%m-%d %H:%M')}, {os.cpu_count()} processors, load {load:.1f} before, {bench.mcpctl}")
        try:
            for number, name in enumerate(chosen):
                if name not in LOCAL and bench.cluster is None:
                    print(f"\n{name}: SKIPPED, MCPCTL_E2E_KUBECONFIG is not set")
                    continue
                FIGURES[name](bench)
                if bench.cluster and not {"list-10000", "stale"} & set(chosen[number + 1:]):
                    bench.cluster.leave()
        finally:
            if bench.cluster:
                bench.cluster.leave()
        print(f"\nload {os.getloadavg()[0]:.1f} after")
        if "--markdown" in words:
            bench.report.table()
        if bench.report.missed:
            sys.exit("missed:\n  " + "\n  ".join(bench.report.missed))


main()

"""The pods older than an age: ten of 10,000."""
import shlex
import time

from harness.pods import MANAGED
from harness.process import Sample, run

COUNT = 10_000
OLD = 10
ROUNDS = 5


def measure(bench):
    bench.report.begin("stale", f"{OLD} pods of {COUNT:,} are older; what would be deleted is shown, {ROUNDS} rounds")
    namespace, between = bench.cluster.population(COUNT)
    runs = {"mcpctl stale --dry-run": [], "kubectl get | awk | kubectl delete": []}
    names = list(runs)
    for number in range(-1, ROUNDS):
        for name in names[number % 2:] + names[:number % 2]:
            command = own if name.startswith("mcpctl") else kubectl
            taken = run(command(bench, namespace, between), bench.environment, keep=True)
            found = taken.output.count("mcp-server-")
            if found != OLD:
                bench.report.missed.append(f"stale: `{name}` found {found}")
            if number >= 0:
                runs[name].append(taken)
    bench.report.samples({name: Sample(taken) for name, taken in runs.items()})


def own(bench, namespace, between):
    return [bench.mcpctl, "stale", f"{time.time() - between:.0f}s", "-n", namespace, "--dry-run", "-o", "json"]


def kubectl(bench, namespace, between):
    """kubectl cannot ask for an age: the times of all pods are printed, and compared by awk."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(between))
    template = '{range .items[*]}{.metadata.creationTimestamp} {.metadata.name}{"\\n"}{end}'
    listed = [bench.kubectl, "get", "pods", "-n", namespace, "-l", MANAGED, "-o", f"jsonpath={template}"]
    chosen = ["awk", f'$1 < "{moment}" {{ print $2 }}']
    deleted = ["xargs", "-r", bench.kubectl, "delete", "pods", "-n", namespace, "--dry-run=server", "-o", "name"]
    return " | ".join(shlex.join(words) for words in (listed, chosen, deleted))

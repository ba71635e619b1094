"""Lists of pods: mcpctl, kubectl, and curl that fetches the same and looks at none of it."""
from harness.pods import MANAGED
from harness.process import run, side_by_side
from harness.report import ratio

ROUNDS = {1_000: 9, 10_000: 7, 100_000: 2}


def measure(bench, count):
    bench.report.begin(f"list-{count}", f"{count:,} pods, {ROUNDS[count]} rounds")
    cluster = bench.cluster
    namespace, _ = cluster.population(count)
    own = [bench.mcpctl, "list", "-n", namespace]
    listed = len(run([*own, "-o", "name"], bench.environment, keep=True).output.split())
    if listed != count:
        bench.report.missed.append(f"list-{count}: {listed} pods were listed")
    kubectl = [bench.kubectl, "get", "pods", "-n", namespace, "-l", MANAGED]
    commands = {
        "mcpctl list": own,
        "kubectl get pods": kubectl,
        "mcpctl list -o json": [*own, "-o", "json"],
        "kubectl get pods -o json": [*kubectl, "-o", "json"],
        "curl --compressed, in one piece": cluster.curl("--compressed", "-o", "/dev/null", cluster.at(cluster.pods_path(namespace))),
    }
    if count > 10_000:
        # gigabytes, and minutes that show nothing new
        del commands["kubectl get pods -o json"]
    samples = side_by_side(commands, ROUNDS[count], bench.environment)
    bench.report.samples(samples)
    own, kubectl = samples["mcpctl list"], samples["kubectl get pods"]
    with cluster.namespace("empty") as empty:
        nothing = side_by_side({"none": [bench.mcpctl, "list", "-n", empty]}, 5, bench.environment)["none"]
    if count == 10_000:
        bench.report.judge("time, of `kubectl get pods`", ratio(own, kubectl), 1 / 3)
        bench.report.judge("peak memory, of `kubectl get pods`", own.peak / kubectl.peak, 0.1)
    if count >= 10_000:
        bench.report.judge("memory of a pod, beyond a list of none", (own.peak - nothing.peak) * 1024 / count, 1.5, "KiB")
        bench.report.tell("peak memory of a list of none", f"{nothing.peak:.1f} MiB")

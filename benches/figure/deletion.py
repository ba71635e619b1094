"""Deletion of a session's pods, each time in a namespace of its own."""
import time

from harness import pods
from harness.process import Sample, run
from harness.report import ratios, spread

SESSION = "mcp-gateway-bench"
ROUNDS = {1_000: 5, 10_000: 1}
# transfers that curl has under way at once, as many as mcpctl
AT_ONCE = 128


def measure(bench, count):
    bench.report.begin(f"delete-{count}", f"{count:,} pods, {ROUNDS[count]} rounds; each lists what it deletes, none waits until it is gone")
    runs = {"mcpctl session": [], "kubectl delete -l": [], "curl --parallel": []}
    names = list(runs)
    for number in range(ROUNDS[count]):
        for who in names[number % 3:] + names[:number % 3]:
            with bench.cluster.namespace("delete") as namespace:
                bench.cluster.fill(namespace, count, SESSION)
                time.sleep(1)
                runs[who].append(run(command(bench, who, namespace, count), bench.environment))
                left = bench.cluster.left(namespace)
                if left:
                    bench.report.missed.append(f"delete-{count}: {who} left {left} pods")
    samples = {who: Sample(taken) for who, taken in runs.items()}
    bench.report.samples(samples)
    for who, sample in samples.items():
        rates = [count / wall for wall in sample.walls]
        bench.report.tell(f"{who}, pods a second", f"{spread(rates)}")
    own, kubectl = samples["mcpctl session"], samples["kubectl delete -l"]
    rate = sorted(ratios(kubectl, own))[len(own.walls) // 2]
    bench.report.judge("rate, in those of `kubectl delete -l`", rate, 3, least=True)


def command(bench, who, namespace, count):
    """What deletes them. curl is told the names, so it is only a floor."""
    if who.startswith("mcpctl"):
        return [bench.mcpctl, "session", SESSION, "-n", namespace, "--yes"]
    if who.startswith("kubectl"):
        return [bench.kubectl, "delete", "pods", "-n", namespace, "-l", f"{pods.SESSION}={SESSION}", "--wait=false"]
    listing = bench.folder / "curl.config"
    path = bench.cluster.at(f"/api/v1/namespaces/{namespace}/pods/")
    listing.write_text("".join(f'url = "{path}{pods.name(n, SESSION)}?propagationPolicy=Background"\noutput = "/dev/null"\n' for n in range(count)))
    listed = bench.cluster.curl("--compressed", "-o", "/dev/null", bench.cluster.at(bench.cluster.session_path(namespace, SESSION)))
    deleted = bench.cluster.curl("-X", "DELETE", "--parallel", "--parallel-max", str(AT_ONCE), "--config", str(listing))
    quoted = [" ".join(f"'{word}'" for word in words) for words in (listed, deleted)]
    return " && ".join(quoted)

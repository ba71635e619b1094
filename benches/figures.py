#!/usr/bin/env python3
"""Measures the release build of mcpctl against references taken in the same run.

usage: benches/figures.py [eval] [list] [delete] [requirements]      all of them where none is named

  eval          `mcpctl eval 1`: wall time, peak memory, files opened; reference: /bin/true
  list          10,000 pods; reference: `curl --compressed` fetching the same list in one piece
  delete        1,000 pods; reference: 16 raw keep-alive connections that send the same requests
  requirements  what the servers of a catalog need, parse included; reference: `mcpctl eval 1`

`list` and `delete` need a cluster (MCPCTL_E2E_KUBECONFIG, an administrator) and make namespaces of their own there.
`requirements` needs a catalog (MCPCTL_CATALOG_TEST, else ../shared/catalog/docker-mcp.yaml). Needs curl and GNU time;
strace where it is there. MCPCTL names another binary. The exit code is 1 if a figure is missed.
"""
import contextlib
import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
MCPCTL = os.environ.get("MCPCTL", str(TARGET / "release/mcpctl"))
MANAGED = "app.kubernetes.io/managed-by=mcp-gateway"
missed = []
PROCESSOR = []  # seconds of processor time of each run


def judge(figure, value, limit, unit, least=False):
    """Prints a figure beside its target and remembers a miss."""
    good = value >= limit if least else value <= limit
    if not good:
        missed.append(figure)
    print(f"  {figure:<34} {value:8.2f} {unit:<4} {'at least' if least else 'at most'} {limit:g}   {'ok' if good else 'MISSED'}")


def tell(what, value, unit):
    print(f"  {what:<34} {value:8.2f} {unit}")


def run(command, environment=None):
    """Runs a command under GNU time: seconds of wall time and MiB of peak memory, of it alone."""
    with tempfile.NamedTemporaryFile("r") as report:
        timed = ["/usr/bin/time", "-f", "%M", "-o", report.name, *command]
        begun, used = time.perf_counter(), os.times()
        done = subprocess.run(timed, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, check=False)
        wall = time.perf_counter() - begun
        now = os.times()
        PROCESSOR.append(now.children_user + now.children_system - used.children_user - used.children_system)
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stderr.decode()}")
        return wall, int(report.read().split()[-1]) / 1024


def best(command, times, environment=None):
    """The shortest wall time, since whatever else the machine does only adds to it, and the highest peak."""
    runs = [run(command, environment) for _ in range(times)]
    return min(wall for wall, _ in runs), max(peak for _, peak in runs)


def start():
    """The cost of starting a program here, which is no program's own."""
    return best(["/bin/true"], 30)[0]


def bare():
    """An environment that leads to no cluster."""
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}


def measure_eval():
    print("eval: `mcpctl eval 1`")
    reference = start()
    wall, peak = best([MCPCTL, "eval", "1"], 30, bare())
    tell("starting /bin/true", reference * 1000, "ms")
    tell("wall, starting included", wall * 1000, "ms")
    judge("wall", (wall - reference) * 1000, 6, "ms")
    judge("peak memory", peak, 12, "MiB")
    if shutil.which("strace"):
        with tempfile.NamedTemporaryFile("r") as trace:
            command = ["strace", "-f", "-qq", "-e", "trace=open,openat,connect,sendto", "-o", trace.name]
            subprocess.run([*command, MCPCTL, "eval", "1"], stdout=subprocess.DEVNULL, env=bare(), check=True)
            opened = set(re.findall(r'open(?:at)?\([^"]*"([^"]+)"[^)]*\) = \d', trace.read()))
            trace.seek(0)
            calls = set(re.findall(r"\b(connect|sendto)\(", trace.read()))
        own = {path for path in opened if not re.match(r"/(lib|usr/lib|etc/ld\.so)", path)}
        tell("files beside the system's libraries", len(own), " ".join(sorted(own | calls)))


class Cluster:
    """The API server that a kubeconfig names, asked directly."""

    def __init__(self, path):
        text = Path(path).read_text()

        def find(key):
            return re.search(key + r":\s*['\"]?([^\s'\",}]+)", text).group(1)

        self.url = urllib.parse.urlparse(find("server"))
        self.authority = find("certificate-authority")
        self.token = find("token")
        self.context = ssl.create_default_context(cafile=self.authority)
        self.headers = {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"}

    def connection(self):
        return http.client.HTTPSConnection(self.url.hostname, self.url.port, context=self.context)

    def ask(self, connection, method, path, body=None):
        connection.request(method, path, json.dumps(body) if body else None, self.headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def all(self, requests, connections=16):
        """Sends (method, path, body) over so many keep-alive connections; gives the seconds from first to last."""
        lock, queue, wrong = threading.Lock(), iter(requests), []

        def work():
            connection = self.connection()
            while True:
                with lock:
                    request = next(queue, None)
                if request is None:
                    return
                status, text = self.ask(connection, *request)
                if status >= 300:
                    wrong.append(text)

        threads = [threading.Thread(target=work) for _ in range(connections)]
        begun = time.perf_counter()
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        if wrong:
            sys.exit(f"{len(wrong)} requests failed, like {wrong[0][:300]}")
        return time.perf_counter() - begun

    def curl(self, *words):
        authority = ["--cacert", self.authority, "-H", "Authorization: Bearer " + self.token]
        return ["curl", "-sS", "--fail", *authority, *words]

    def path(self, rest):
        return f"{self.url.scheme}://{self.url.netloc}{rest}"

    @contextlib.contextmanager
    def namespace(self, name):
        connection = self.connection()
        self.ask(connection, "POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        while self.ask(connection, "GET", f"/api/v1/namespaces/{name}/serviceaccounts/default")[0] != 200:
            time.sleep(0.1)
        try:
            yield name
        finally:
            self.ask(self.connection(), "DELETE", f"/api/v1/namespaces/{name}")


def pod(number, session):
    """A pod as the gateway makes it, which nothing runs."""
    server = f"server-{number % 20}"
    labels = {
        "app": "mcp-server", "server": server, "app.kubernetes.io/managed-by": "mcp-gateway",
        "app.kubernetes.io/component": "mcp-server", "app.kubernetes.io/name": server,
        "app.kubernetes.io/instance": session, "mcp-gateway.docker.com/session": session,
    }
    container = {"name": "mcp", "image": f"mcp/{server}", "stdin": True,
                 "env": [{"name": f"VAR{n}", "value": "x" * 30} for n in range(8)]}
    spec = {"automountServiceAccountToken": False, "schedulerName": "none", "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 5, "containers": [container]}
    return {"metadata": {"name": f"mcp-{server}-{session}-{number}", "labels": labels}, "spec": spec}


def fill(cluster, namespace, count, session):
    path = f"/api/v1/namespaces/{namespace}/pods"
    cluster.all(("POST", path, pod(n, session or f"mcp-gateway-{n % 50:08x}")) for n in range(count))


def measure_list(cluster):
    count = 10_000
    print(f"list: {count} pods")
    with cluster.namespace(f"bench-list-{os.getpid()}") as namespace:
        fill(cluster, namespace, count, "")
        query = urllib.parse.urlencode({"labelSelector": MANAGED})
        curl = cluster.curl("--compressed", "-o", "/dev/null", cluster.path(f"/api/v1/namespaces/{namespace}/pods?{query}"))
        # turn and turn about, so that both meet the same machine
        runs = [(run(curl), run([MCPCTL, "list", "-n", namespace])) for _ in range(7)]
        _, json_peak = run([MCPCTL, "list", "-n", namespace, "-o", "json"])
    reference = min(wall for (wall, _), _ in runs)
    wall = min(wall for _, (wall, _) in runs)
    tell("curl --compressed, one piece", reference * 1000, "ms")
    tell("mcpctl list", wall * 1000, "ms")
    judge("ratio to curl", wall / reference, 0.7, "")
    judge("peak memory", max(peak for _, (_, peak) in runs), 40, "MiB")
    judge("peak memory with -o json", json_peak, 40, "MiB")


def measure_delete(cluster):
    count = 1000
    print(f"delete: {count} pods")
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"}
    rates = {"raw": [], "mcpctl": []}
    # a namespace each time, turn and turn about, so that both meet the same server
    for number, who in enumerate(["raw", "mcpctl", "mcpctl", "raw", "raw", "mcpctl"]):
        with cluster.namespace(f"bench-delete-{os.getpid()}-{number}") as namespace:
            session = "mcp-gateway-bench"
            fill(cluster, namespace, count, session)
            time.sleep(1)
            if who == "raw":
                path = f"/api/v1/namespaces/{namespace}/pods/"
                names = (pod(n, session)["metadata"]["name"] for n in range(count))
                seconds = cluster.all(("DELETE", path + name, options) for name in names)
            else:
                seconds, _ = run([MCPCTL, "session", session, "-n", namespace, "--yes", "-o", "json"])
            rates[who].append(count / seconds)
    raw, own = (max(rates[who]) for who in ("raw", "mcpctl"))
    tell("16 raw connections", raw, "pods/s")
    tell("mcpctl session --yes, list included", own, "pods/s")
    judge("ratio to raw connections", own / raw, 0.8, "", least=True)


def measure_requirements():
    catalog = os.environ.get("MCPCTL_CATALOG_TEST", str(ROOT.parent / "shared/catalog/docker-mcp.yaml"))
    if not os.path.exists(catalog):
        print(f"requirements: SKIPPED, no catalog at {catalog}")
        return
    script = "catalog::requirements(catalog::servers().map(|server| server.name)).len()"
    print("requirements: all servers of the catalog, parse included")
    reference, _ = best([MCPCTL, "eval", "1"], 15, bare())
    wall, peak = best([MCPCTL, "eval", script, "--catalog", catalog], 15, bare())
    tell("mcpctl eval 1", reference * 1000, "ms")
    judge("beyond that", (wall - reference) * 1000, 50, "ms")
    tell("processor time, mean of the runs", sum(PROCESSOR[-15:]) / 15 * 1000, "ms")
    tell("peak memory", peak, "MiB")


def main():
    names = sys.argv[1:] or ["eval", "list", "delete", "requirements"]
    for needed in (MCPCTL, "/usr/bin/time"):
        if not os.path.exists(needed):
            sys.exit(f"{needed} is not there: `cargo build --release` makes the one, the package `time` has the other")
    kubeconfig = os.environ.get("MCPCTL_E2E_KUBECONFIG")
    for name in names:
        if name == "eval":
            measure_eval()
        elif name == "requirements":
            measure_requirements()
        elif name in ("list", "delete"):
            if kubeconfig is None:
                print(f"{name}: SKIPPED, MCPCTL_E2E_KUBECONFIG is not set")
                continue
            os.environ["KUBECONFIG"] = kubeconfig
            (measure_list if name == "list" else measure_delete)(Cluster(kubeconfig))
        else:
            sys.exit(__doc__)
    if missed:
        sys.exit(f"missed: {', '.join(missed)}")


main()

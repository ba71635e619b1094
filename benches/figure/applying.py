"""A ConfigMap of 500 keys from an env file: as it is already, and with every value changed."""
import json
import shlex
from dataclasses import dataclass

from harness.counter import counting
from harness.process import Sample, run
from harness.report import ratio

KEYS = 500
ROUNDS = 7
PATCH = "application/apply-patch+yaml"


def measure(bench):
    with bench.cluster.namespace("apply") as namespace:
        trial = Trial(bench, namespace)
        timed(bench, trial, "apply-unchanged", lambda _: 0)
        timed(bench, trial, "apply-changed", lambda number: number + 1)
        counted(bench, trial)


@dataclass
class Trial:
    bench: object
    namespace: str

    def write(self, value):
        """Gives all keys a value; the file keeps its name, since mcpctl names the keys' owner after it."""
        texts = {f"BENCH_KEY_{n}": f"value {value} of key {n}" for n in range(KEYS)}
        self.file.write_text("".join(f"{key}={text}\n" for key, text in texts.items()))
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "by-curl"}, "data": texts}
        self.body.write_text(json.dumps(body))

    @property
    def file(self):
        return self.bench.folder / "bench.env"

    @property
    def body(self):
        return self.bench.folder / "bench.json"

    def commands(self, changed):
        """What a user would run; curl's floor is the one request that cannot be saved."""
        made = [self.bench.kubectl, "create", "configmap", "by-kubectl", f"--from-env-file={self.file}", "--dry-run=client", "-o", "yaml"]
        applied = [self.bench.kubectl, "apply", "--server-side", "-n", self.namespace, "-f", "-"]
        at = self.bench.cluster.at(f"/api/v1/namespaces/{self.namespace}/configmaps/by-curl")
        patch = ["-X", "PATCH", "-H", f"Content-Type: {PATCH}", "--data-binary", f"@{self.body}", at + "?fieldManager=bench"]
        return {
            "mcpctl populate-configmap": [self.bench.mcpctl, "populate-configmap", str(self.file), "by-mcpctl", self.namespace],
            "kubectl create | kubectl apply": f"{shlex.join(made)} | {shlex.join(applied)}",
            f"curl, one {'PATCH' if changed else 'GET'}": self.bench.cluster.curl("-o", "/dev/null", *(patch if changed else [at])),
        }


def timed(bench, trial, figure, value):
    changed = figure.endswith("-changed")
    bench.report.begin(figure, f"{KEYS} keys of a ConfigMap, {ROUNDS} rounds")
    trial.write(0)
    for command in trial.commands(True).values():
        run(command, bench.environment)
    commands = trial.commands(changed)
    runs = {name: [] for name in commands}
    names = list(commands)
    for number in range(ROUNDS):
        trial.write(value(number))
        for name in names[number % 3:] + names[:number % 3]:
            runs[name].append(run(commands[name], bench.environment))
    samples = {name: Sample(taken) for name, taken in runs.items()}
    bench.report.samples(samples)
    bench.report.tell("time, of kubectl's", f"{ratio(samples['mcpctl populate-configmap'], samples['kubectl create | kubectl apply']):.2f}")


def counted(bench, trial):
    """The requests, as a proxy sees them."""
    with counting(bench.cluster, bench.folder) as (kubeconfig, seen):
        environment = bench.environment | {"KUBECONFIG": str(kubeconfig)}
        # kubectl keeps what it discovers of a server
        for command in list(trial.commands(True).values())[:2]:
            run(command, environment)
        for figure, value in (("apply-changed", ROUNDS + 1), ("apply-unchanged", ROUNDS + 1)):
            bench.report.begin(figure, "requests")
            trial.write(value)
            for name, command in list(trial.commands(True).items())[:2]:
                seen.clear()
                run(command, environment)
                reads = sum(request.startswith("GET") for request in seen)
                asked = ", ".join(request.replace(f"/api/v1/namespaces/{trial.namespace}/", "") for request in seen)
                bench.report.tell(f"{name}: {reads} read, {len(seen) - reads} written", asked)
                if name.startswith("mcpctl") and figure == "apply-unchanged":
                    bench.report.judge("requests that read", reads, 1)
                    bench.report.judge("requests that write", len(seen) - reads, 0)

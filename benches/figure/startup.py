"""Start-up: the least that each program can be asked."""
from harness.process import bare, side_by_side
from harness.report import ratio

ROUNDS = 30


def measure(bench):
    bench.report.begin("startup", f"{ROUNDS} rounds")
    samples = side_by_side(
        {
            "mcpctl version": [bench.mcpctl, "version"],
            "mcpctl eval 1": [bench.mcpctl, "eval", "1"],
            "kubectl version --client": [bench.kubectl, "version", "--client"],
            "curl --version": ["curl", "--version"],
            "/bin/true": ["/bin/true"],
        },
        ROUNDS,
        bare(bench.folder),
    )
    bench.report.samples(samples)
    bench.report.judge(
        "`mcpctl version`, of `kubectl version --client`", ratio(samples["mcpctl version"], samples["kubectl version --client"]), 0.5
    )
    bench.report.judge("`mcpctl eval 1`, of the same", ratio(samples["mcpctl eval 1"], samples["kubectl version --client"]), 0.5)
    bench.report.tell("peak memory of `mcpctl eval 1`", f"{samples['mcpctl eval 1'].peak:.1f} MiB")

"""Prints what was measured, judges it by the goals, and keeps the rows for the table of the docs."""
from statistics import median


class Report:
    """All figures of one call."""

    def __init__(self):
        self.missed = []
        self.rows = []
        self.figure = ""

    def begin(self, name, what):
        self.figure = name
        print(f"\n{name}: {what}", flush=True)

    def samples(self, samples, count=None):
        """A line for each command: wall time, peak memory, and how much longer or shorter the first one took."""
        print(f"  {'milliseconds':<34} {'min':>9} {'median':>9} {'max':>9} {'peak MiB':>9}   the first one's time to this, by round")
        first = next(iter(samples.values()))
        for name, sample in samples.items():
            low, high = min(sample.walls) * 1000, max(sample.walls) * 1000
            against = "" if sample is first else spread(ratios(first, sample))
            print(f"  {name:<34} {low:9.1f} {sample.wall * 1000:9.1f} {high:9.1f} {peak(sample):>9}   {against}", flush=True)
            self.rows.append((self.figure, name, f"{milliseconds(sample.wall)} ({milliseconds(low / 1000)} to {milliseconds(high / 1000)})",
                              f"{peak(sample)} MiB".replace("- MiB", ""), "" if sample is first else f"{ratio(first, sample):.3g}"))

    def tell(self, what, value):
        """A figure that no goal is set for."""
        print(f"  {what:<66} {value}", flush=True)

    def judge(self, what, value, limit, unit="", least=False):
        """A figure beside its goal; a miss is remembered."""
        good = value >= limit if least else value <= limit
        bound = "at least" if least else "at most"
        print(f"  {what:<54} {value:9.2f} {unit:<5} {bound} {limit:<5g} {'ok' if good else 'MISSED'}", flush=True)
        self.rows.append((self.figure, what, f"**{value:.2f} {unit}**".replace(" **", "**"), f"{bound} {limit:g}", "ok" if good else "missed"))
        if not good:
            self.missed.append(f"{self.figure}: {what}")

    def table(self):
        """The rows as Markdown."""
        print("\n| figure | command, or goal | median (min to max) | peak, or limit | mcpctl to this, or verdict |\n|---|---|---|---|---|")
        for row in self.rows:
            print("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")


def ratios(one, other):
    """How the times of two samples compare, round by round: what slows the machine down slows both."""
    return [mine / theirs for mine, theirs in zip(one.walls, other.walls)]


def ratio(one, other):
    """The median of those."""
    return median(ratios(one, other))


def spread(values):
    return f"{median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


def peak(sample):
    """MiB; nothing where it was not taken."""
    return f"{sample.peak:.1f}" if sample.peak else "-"


def milliseconds(seconds):
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"

"""Interleaved rounds A B C A B C …, because the machine's speed drifts: only ratios within one run are trustworthy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.load import Burst


@dataclass
class Series:
    """All bursts of one contestant at one figure."""

    name: str
    bursts: list[Burst] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Median requests per second."""
        return median(burst.per_second for burst in self.bursts)

    @property
    def spread(self) -> tuple[float, float]:
        """Least and most requests per second."""
        speeds = [burst.per_second for burst in self.bursts]
        return min(speeds), max(speeds)

    def middle(self, measure: str) -> float:
        """Median of another measure of the bursts, such as p99."""
        return median(getattr(burst, measure) for burst in self.bursts)

    def total(self, measure: str) -> int:
        """Sum of a count over the bursts, such as refused."""
        return sum(getattr(burst, measure) for burst in self.bursts)


def interleave(shots: Sequence[tuple[str, Callable[[], Burst]]], rounds: int) -> dict[str, Series]:
    """Fires every shot once per round, in turn; the first of all is a warm-up that is not counted."""
    series = {name: Series(name) for name, _ in shots}
    for number in range(rounds + 1):
        for name, fire in shots:
            measured = fire()
            if number:
                series[name].bursts.append(measured)
    return series


def paired_ratio(upper: Series, lower: Series) -> float:
    """Median over the rounds of upper ÷ lower, each pair measured within seconds of the other."""
    pairs = zip(upper.bursts, lower.bursts, strict=True)
    return median(above.per_second / below.per_second for above, below in pairs)

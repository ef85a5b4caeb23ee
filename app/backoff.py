"""How long to leave alone what has failed, and when to give it up; each kind of work states its own numbers."""
from dataclasses import dataclass
from datetime import timedelta

_MOST_STEPS = 60  # every wait has reached its longest by then, and no number is too large for a timedelta


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that grow by `factor` from `first` up to `longest`; after `most` attempts nothing is tried again."""

    first: timedelta
    longest: timedelta
    factor: int = 2
    most: int | None = None

    def wait(self, attempts: int) -> timedelta:
        """Return how long to wait after so many failed attempts, counted from 1."""
        grown = self.first.total_seconds() * self.factor ** min(attempts - 1, _MOST_STEPS)
        return timedelta(seconds=min(grown, self.longest.total_seconds()))

    def is_exhausted(self, attempts: int) -> bool:
        """Return whether so many failed attempts were the last."""
        return self.most is not None and attempts >= self.most

"""How long to leave a stream alone that has failed: doubling from a fifth of a second to a quarter of a minute."""
from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_SECONDS = 0.2
LONGEST_SECONDS = 15.0


@dataclass
class Backoff:
    """The failures in a row, and until when nothing is tried."""

    failures: int = 0
    until: datetime | None = None

    def failed(self, now: datetime) -> None:
        """Note a failure at `now`."""
        seconds = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(self.failures, 16))
        self.failures += 1
        self.until = now + timedelta(seconds=seconds)

    def succeeded(self) -> None:
        """Forget the failures."""
        self.failures, self.until = 0, None

    def wait(self, now: datetime) -> float:
        """Return the seconds still to wait, 0 when a try is due."""
        return 0.0 if self.until is None else max(0.0, (self.until - now).total_seconds())

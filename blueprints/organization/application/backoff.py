"""How long to leave alone what has failed: doubling from a fifth of a second to a quarter of a minute."""
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.backoff import Backoff as Waits

LONGEST_SECONDS = 15.0
WAITS = Waits(timedelta(milliseconds=200), timedelta(seconds=LONGEST_SECONDS))


@dataclass
class Backoff:
    """The failures in a row, and until when nothing is tried."""

    failures: int = 0
    until: datetime | None = None

    def failed(self, now: datetime) -> None:
        """Note a failure at `now`."""
        self.failures += 1
        self.until = now + WAITS.wait(self.failures)

    def succeeded(self) -> None:
        """Forget the failures."""
        self.failures, self.until = 0, None

    def wait(self, now: datetime) -> float:
        """Return the seconds still to wait, 0 when a try is due."""
        return 0.0 if self.until is None else max(0.0, (self.until - now).total_seconds())


@dataclass
class Patience:
    """A back-off for each tenant: one whose database fails neither holds up the others nor is asked all the time."""

    _tenants: dict[str, Backoff] = field(default_factory=dict)

    def is_due(self, tenant_id: str, now: datetime) -> bool:
        """Tell whether the tenant may be tried."""
        return tenant_id not in self._tenants or not self._tenants[tenant_id].wait(now)

    def failed(self, tenant_id: str, now: datetime) -> None:
        """Note that the tenant failed at `now`."""
        self._tenants.setdefault(tenant_id, Backoff()).failed(now)

    def succeeded(self, tenant_id: str) -> None:
        """Forget the tenant's failures."""
        self._tenants.pop(tenant_id, None)

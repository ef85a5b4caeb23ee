"""The kernel's own periodic jobs: what has done its duty is removed."""
from datetime import timedelta

from app.clock import now
from app.events.deliveries import purge_events
from app.events.transport import trim_streams
from app.http.idempotency import purge_keys
from app.jobs.schedule import kernel_periodic
from app.runtime import runtime
from app.settings import REALM_CODENAMES


@kernel_periodic("purge-events", hours=6)
def purge_old_events() -> str:
    """Remove events that were published and delivered more than a week ago."""
    return f"{purge_events()} events removed"


@kernel_periodic("trim-streams", hours=6)
def trim_old_streams() -> str:
    """Remove from the streams what was published more than a week ago: it names people who may be gone."""
    removed = trim_streams(runtime().redis, tuple(REALM_CODENAMES.values()), now() - timedelta(days=7))
    return f"{removed} entries removed"


@kernel_periodic("purge-idempotency-keys", hours=1)
def purge_old_keys() -> str:
    """Remove idempotency keys older than IDEMPOTENCY_HOURS."""
    return f"{purge_keys(runtime().settings.idempotency_hours)} keys removed"

"""The kernel's own periodic jobs: what has done its duty is removed."""
from app.events.deliveries import purge_events
from app.http.idempotency import purge_keys
from app.jobs.schedule import kernel_periodic
from app.runtime import runtime


@kernel_periodic("purge-events", hours=6)
def purge_old_events() -> str:
    """Remove events that were published and delivered more than a week ago."""
    return f"{purge_events()} events removed"


@kernel_periodic("purge-idempotency-keys", hours=1)
def purge_old_keys() -> str:
    """Remove idempotency keys older than IDEMPOTENCY_HOURS."""
    return f"{purge_keys(runtime().settings.idempotency_hours)} keys removed"

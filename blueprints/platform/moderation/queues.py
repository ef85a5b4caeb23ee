"""What waits for staff; `flask status` and /metrics show it."""
from app.ops.queues import Queue, Waiting, waiting
from blueprints.platform.moderation.models import Case

WAITS = Case.is_pending.is_(True)


def open_cases() -> Waiting:
    """Return how many cases wait for staff, and since when the oldest does."""
    return waiting(Case.opened_at, WAITS)


OPEN_CASES = Queue("cases for the staff to judge", open_cases)

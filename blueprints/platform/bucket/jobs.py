"""What the buckets do in the background: prepare the pictures that were uploaded."""
from time import monotonic

from app.jobs.schedule import kernel_periodic
from app.jobs.wakeup import wake
from blueprints.platform.bucket.preparation import PREPARE_PICTURES, prepare_next_file

_SECONDS = 1.0


@kernel_periodic(PREPARE_PICTURES, seconds=30)
def prepare_pictures() -> str:
    """Decode, turn upright and strip the pictures that were uploaded.

    After a second it is queued again: closings must not wait for the pictures of a large import."""
    ends, prepared = monotonic() + _SECONDS, 0
    while prepare_next_file():
        prepared += 1
        if monotonic() >= ends:
            wake(PREPARE_PICTURES)
            break
    return f"{prepared} prepared"

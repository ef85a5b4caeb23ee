"""What waits in the buckets; `flask status` and /metrics show it."""
from app.ops.queues import Queue, Waiting, waiting
from blueprints.platform.bucket.models import IS_PREPARING, BucketFile


def waiting_pictures() -> Waiting:
    """Return how many uploads wait to be prepared, and since when the oldest does."""
    return waiting(BucketFile.created_at, IS_PREPARING)


PICTURES = Queue("uploads to be prepared", waiting_pictures)

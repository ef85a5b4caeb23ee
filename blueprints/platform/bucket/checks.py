"""What `flask doctor` asks of the buckets."""
from datetime import timedelta

from sqlalchemy import func, select

from app.clock import now
from app.data.reads import fetch
from app.ops.checks import OK, WARN
from blueprints.platform.bucket.models import IS_PREPARING, BucketFile

_LATE = timedelta(minutes=2)


def pictures() -> tuple[str, str]:
    """Find uploads that wait longer than a worker takes."""
    [waiting] = fetch(select(func.count().label("files"), func.min(BucketFile.created_at).label("oldest")).where(
        IS_PREPARING))
    is_late = waiting.oldest is not None and waiting.oldest < now() - _LATE
    return (WARN if is_late else OK), f"{waiting.files} uploads wait to be prepared"

"""Which bucket ids exist, which of them are private, and what is kept of a client's file name."""
import re

PRIVATE_END = "-private-user-bucket"
_USER_BUCKET = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-(public|private)-user-bucket")


def is_user_bucket(bucket_id: str) -> bool:
    """Tell whether the id has the form of some user's bucket."""
    return _USER_BUCKET.fullmatch(bucket_id) is not None


def is_private(bucket_id: str) -> bool:
    """Tell whether nothing of the bucket is read without a token."""
    return bucket_id.endswith(PRIVATE_END)


def refusal_reason(error: str | None) -> str:
    """Return what everybody may know of why a file was refused; what failed on our side is the operator's to read."""
    return error if error in ("invalid_mime", "too_large") else "failed"


def raw_name(storage_name: str) -> str:
    """Return the name under which the bytes rest as they were uploaded, until they are prepared."""
    return f"{storage_name}raw"


def shown_name(given: str) -> str:
    """Return the file's name as it is shown: no folders, at most 255 characters.

    Files are stored under names of our own; a download is offered under this one (app/http/download.py)."""
    name = given.replace("\\", "/").rsplit("/", 1)[-1].strip()
    return name[-255:] or "file"

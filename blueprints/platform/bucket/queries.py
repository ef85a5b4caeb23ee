"""Reads of bucket files."""
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app.data.reads import fetch, fetch_one
from app.data.serialization import Wire
from app.errors import NotFound
from app.media.store import MediaMissing, media_store
from app.runtime import runtime
from blueprints.platform.bucket.models import IS_UNCLEANED, PREPARING, READY, REFUSED, BucketFile
from blueprints.platform.bucket.rules import refusal_reason


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file's bytes, their type, and the name it was uploaded under."""

    content: bytes
    mime_type: str
    name: str


def file_wire(file: Any) -> Wire:
    """Return an uploaded file as `POST /bucket/upload` shows it (rules-platform §4); `state` is additive."""
    return {"fileId": file.id, "originalName": file.original_name, "mimeType": file.mime_type, "size": file.size,
            "status": "uploaded", "state": file.state, "bucketName": file.bucket_id, "isPublic": True,
            "downloadUrl": file_address(file.realm, file.id)}


def file_address(realm: str, file_id: str) -> str:
    """Return where a file is downloaded."""
    return f"{runtime().settings.public_url}/{realm}/bucket/download/{file_id}"


def stored_file(realm: str, file_id: str) -> StoredFile:
    """Return the file; every bucket of the two realms is public to read.

    Raises NotFound, with its state in `detail` when it is not ready (docs/decisions/030)."""
    columns = (BucketFile.storage_name, BucketFile.mime_type, BucketFile.original_name, BucketFile.state,
               BucketFile.last_error, BucketFile.held)
    row = fetch_one(select(*columns).where(BucketFile.id == file_id, BucketFile.realm == realm))
    if row is None or row.held:
        raise NotFound("errMsg_FileNotFound")
    if row.state == PREPARING:
        raise NotFound("errMsg_FileIsBeingPrepared", "FileIsBeingPrepared", {"state": PREPARING}, {"Retry-After": "1"})
    if row.state == REFUSED:
        raise NotFound("errMsg_FileWasRefused", "FileWasRefused",
                       {"state": REFUSED, "reason": refusal_reason(row.last_error)})
    try:
        return StoredFile(media_store().get(row.storage_name), row.mime_type, row.original_name)
    except MediaMissing:
        raise NotFound("errMsg_FileNotFound") from None


def files_by_state() -> dict[str, int]:
    """Return how many files are in each state, and how many ready ones were never cleaned (`uncleaned`)."""
    counted = {row.state: row.files for row in fetch(
        select(BucketFile.state, func.count().label("files")).group_by(BucketFile.state))}
    uncleaned = fetch(select(func.count().label("files")).where(IS_UNCLEANED, BucketFile.state == READY))
    return {**{state: counted.get(state, 0) for state in (PREPARING, READY, REFUSED)}, "uncleaned": uncleaned[0].files}

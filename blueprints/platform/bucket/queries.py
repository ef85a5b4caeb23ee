"""Reads of bucket files."""
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.data.reads import fetch_one
from app.data.serialization import Wire
from app.errors import NotFound
from app.media.store import MediaMissing, media_store
from app.runtime import runtime
from blueprints.platform.bucket.models import BucketFile


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file's bytes and their type."""

    content: bytes
    mime_type: str


def file_wire(file: Any) -> Wire:
    """Return an uploaded file as `POST /bucket/upload` shows it (rules-platform §4)."""
    return {"fileId": file.id, "originalName": file.original_name, "mimeType": file.mime_type, "size": file.size,
            "status": "uploaded", "bucketName": file.bucket_id, "isPublic": True,
            "downloadUrl": f"{runtime().settings.public_url}/{file.realm}/bucket/download/{file.id}"}


def stored_file(realm: str, file_id: str) -> StoredFile:
    """Return the file; every bucket of the two realms is public to read. Raises NotFound."""
    row = fetch_one(select(BucketFile.storage_name, BucketFile.mime_type).where(
        BucketFile.id == file_id, BucketFile.realm == realm))
    if row is None:
        raise NotFound("errMsg_FileNotFound")
    try:
        return StoredFile(media_store().get(row.storage_name), row.mime_type)
    except MediaMissing:
        raise NotFound("errMsg_FileNotFound") from None

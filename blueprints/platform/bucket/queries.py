"""Reads of bucket files."""
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.actor import Actor
from app.data.person_rows import Person, PersonFile
from app.data.reads import fetch, fetch_one
from app.data.serialization import Wire
from app.errors import NotFound
from app.identity.bucket_tokens import private_bucket, user_bucket
from app.media.store import MediaMissing, media_store
from app.runtime import runtime
from blueprints.platform.bucket.models import IS_UNCLEANED, PREPARING, READY, REFUSED, BucketFile
from blueprints.platform.bucket.rules import PRIVATE_END, is_private, refusal_reason


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What is known of a file; `name` is the one it was uploaded under. Whether it is served, `content_of` says."""

    id: str
    bucket_id: str
    owner_id: str
    mime_type: str
    name: str
    storage_name: str
    state: str
    last_error: str | None
    held: bool | None

    @property
    def is_public(self) -> bool:
        """Whether everybody may read it."""
        return not is_private(self.bucket_id)


def file_wire(file: Any) -> Wire:
    """Return an uploaded file as `POST /bucket/upload` shows it (rules-platform §4); `state` is additive."""
    return {"fileId": file.id, "originalName": file.original_name, "mimeType": file.mime_type, "size": file.size,
            "status": "uploaded", "state": file.state, "bucketName": file.bucket_id,
            "isPublic": not is_private(file.bucket_id), "downloadUrl": file_address(file.realm, file.id)}


def file_address(realm: str, file_id: str) -> str:
    """Return where a file is downloaded."""
    return f"{runtime().settings.public_url}/{realm}/bucket/download/{file_id}"


def stored_file(realm: str, file_id: str) -> StoredFile:
    """Return what is known of a file of the realm; raises NotFound."""
    columns = (BucketFile.id, BucketFile.bucket_id, BucketFile.owner_id, BucketFile.mime_type,
               BucketFile.original_name, BucketFile.storage_name, BucketFile.state, BucketFile.last_error,
               BucketFile.held)
    row = fetch_one(select(*columns).where(BucketFile.id == file_id, BucketFile.realm == realm))
    if row is None:
        raise NotFound("errMsg_FileNotFound")
    return StoredFile(*row)


def content_of(file: StoredFile) -> bytes:
    """Return the bytes of a file that is ready.

    Raises NotFound, with its state in `detail` when it is not ready (docs/decisions/030)."""
    if file.held:
        raise NotFound("errMsg_FileNotFound")
    if file.state == PREPARING:
        raise NotFound("errMsg_FileIsBeingPrepared", "FileIsBeingPrepared", {"state": PREPARING}, {"Retry-After": "1"})
    if file.state == REFUSED:
        raise NotFound("errMsg_FileWasRefused", "FileWasRefused",
                       {"state": REFUSED, "reason": refusal_reason(file.last_error)})
    try:
        return media_store().get(file.storage_name)
    except MediaMissing:
        raise NotFound("errMsg_FileNotFound") from None


def usable_files(actor: Actor, file_ids: Collection[str]) -> set[str]:
    """Return which of these files of his realm the actor may show to others: public ones, and private ones of his."""
    found = fetch(select(BucketFile.id).where(
        BucketFile.id.in_(file_ids), BucketFile.realm == actor.realm,
        or_(BucketFile.owner_id == actor.user_id, BucketFile.bucket_id.not_like(f"%{PRIVATE_END}"))))
    return {row.id for row in found}


def own_files(person: Person) -> ColumnElement[bool]:
    """Return the condition of the files in the two buckets of a person, but what moderation holds."""
    return and_(BucketFile.bucket_id.in_((user_bucket(person.id), private_bucket(person.id))),
                BucketFile.held.is_not(True))


def exported_file(file: Any) -> PersonFile:
    """Return a file of such a row as an export has it, under its id and the name it was uploaded with."""
    return PersonFile(f"{file.id}-{file.original_name}", partial(_bytes_of, file.storage_name, file.state))


def _bytes_of(storage_name: str, state: str) -> bytes | None:
    try:
        return media_store().get(storage_name) if state == READY else None
    except MediaMissing:
        return None


def files_by_state() -> dict[str, int]:
    """Return how many files are in each state, and how many ready ones were never cleaned (`uncleaned`)."""
    counted = {row.state: row.files for row in fetch(
        select(BucketFile.state, func.count().label("files")).group_by(BucketFile.state))}
    uncleaned = fetch(select(func.count().label("files")).where(IS_UNCLEANED, BucketFile.state == READY))
    return {**{state: counted.get(state, 0) for state in (PREPARING, READY, REFUSED)}, "uncleaned": uncleaned[0].files}

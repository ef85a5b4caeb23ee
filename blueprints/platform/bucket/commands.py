"""Uploads: bytes into the media store, then their rows in one transaction; a failure leaves no row and no bytes.

A picture is served only when it is prepared (preparation.py): only its headers were read here. A document is served as
it came."""
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import case, delete, select, update

from app.actor import Actor
from app.clock import now
from app.data.ids import uuid7
from app.data.reads import fetch
from app.data.serialization import Wire
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.upserts import upsert
from app.errors import TooManyRequests
from app.jobs.wakeup import wake
from app.media.documents import DOCUMENT_TYPES, TEXT, examine_document
from app.media.formats import begins_like_picture
from app.media.images import examine_images
from app.media.store import media_store, random_name
from app.plain_text import seen
from app.runtime import runtime
from app.web_addresses import our_file
from blueprints.platform.bucket.models import PREPARING, READY, BucketFile, UploadCount
from blueprints.platform.bucket.preparation import PREPARE_PICTURES
from blueprints.platform.bucket.queries import file_wire
from blueprints.platform.bucket.rules import raw_name, shown_name


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as it came in, with the media type its sender says it has."""

    name: str | None
    content: bytes
    said_type: str = ""

    @property
    def is_said_to_be_text(self) -> bool:
        """Plain text has no mark of its own: what is not called so is not taken for it."""
        return self.said_type == TEXT or (self.name or "").lower().endswith(".txt")


def store_images(actor: Actor, bucket_id: str, uploads: Sequence[Upload]) -> list[Wire]:
    """Keep the images in the bucket, to be prepared, and return them as the wire shows them.

    Raises RuleViolated no_file, invalid_mime or too_large, or TooManyRequests, before anything is stored."""
    return _keep(actor, bucket_id, uploads, _image_types(uploads))


def store_files(actor: Actor, bucket_id: str, uploads: Sequence[Upload]) -> list[Wire]:
    """Keep images and documents in the bucket and return them as the wire shows them; raises as store_images."""
    images = iter(_image_types([upload for upload in uploads if begins_like_picture(upload.content)]))
    most = runtime().settings.max_document_bytes
    return _keep(actor, bucket_id, uploads, [
        next(images) if begins_like_picture(upload.content) else
        examine_document(upload.content, said_to_be_text=upload.is_said_to_be_text, max_bytes=most)
        for upload in uploads])


def hold_file(work: UnitOfWork, address: str, *, held: bool) -> None:
    """Let the file at an address of ours load no more, or again; another address is nobody's here.

    A copy that a browser or a proxy has keeps until it is thrown away: files never change under their address."""
    file = our_file(address, runtime().settings.public_url)
    if file is not None and file.realm in (None, work.actor.realm):
        work.execute(update(BucketFile).where(BucketFile.id == file.file_id, BucketFile.realm == work.actor.realm)
                     .values(held=held))


def empty_bucket(actor: Actor, bucket_id: str) -> int:
    """Delete every file of the bucket for good and return how many there were; the bytes go first, rows can be retried.

    They go once more behind the rows: a worker may have written a prepared picture in between, and from then on it
    removes what it writes (preparation.py). Not to be called in a unit of work: the store may be slow."""
    in_bucket = (BucketFile.realm == actor.realm, BucketFile.bucket_id == bucket_id)
    files = fetch(select(BucketFile.storage_name).where(*in_bucket))
    _delete_bytes(files)
    with unit_of_work(actor) as work:
        work.execute(delete(BucketFile).where(*in_bucket))
        work.commit()
    _delete_bytes(files)
    return len(files)


def _image_types(uploads: Sequence[Upload]) -> list[str]:
    found = examine_images([upload.content for upload in uploads], runtime().settings.max_upload_bytes)
    return [picture.mime_type for picture in found]


def _keep(actor: Actor, bucket_id: str, uploads: Sequence[Upload], media_types: Sequence[str]) -> list[Wire]:
    """Store what was examined; raises TooManyRequests before that."""
    _count(actor, len(uploads))
    files = [_file(actor, bucket_id, upload, media_type)
             for upload, media_type in zip(uploads, media_types, strict=True)]
    try:
        _store(actor, files, uploads)
    except BaseException:
        _delete_bytes(files)
        raise
    if any(file.state == PREPARING for file in files):
        wake(PREPARE_PICTURES)
    return [file_wire(file) for file in files]


def _file(actor: Actor, bucket_id: str, upload: Upload, media_type: str) -> BucketFile:
    moment = now()
    progress: dict[str, Any] = ({"state": READY, "prepared_at": moment} if media_type in DOCUMENT_TYPES else
                                {"state": PREPARING, "due_at": moment})
    return BucketFile(
        id=uuid7(), realm=actor.realm, bucket_id=bucket_id, owner_id=str(actor.user_id),
        original_name=shown_name(seen(upload.name or "")), mime_type=media_type, size=len(upload.content),
        storage_name=random_name(), created_at=moment, attempts=0, **progress)


def _delete_bytes(files: Sequence[Any]) -> None:
    for file in files:
        media_store().delete(raw_name(file.storage_name))
        media_store().delete(file.storage_name)


def _count(actor: Actor, files: int) -> None:
    """Count the files against UPLOADS_PER_DAY, in one statement; raises TooManyRequests until the day (UTC) is over.

    What fails later stays counted."""
    moment, most = now(), runtime().settings.uploads_per_day
    with unit_of_work(actor) as work:
        insert = upsert(UploadCount).values(
            realm=actor.realm, owner_id=str(actor.user_id), day=moment.date(), files=files)
        today = UploadCount.day == insert.excluded.day
        both = case((today, UploadCount.files), else_=0) + insert.excluded.files
        counted = work.execute(insert.on_conflict_do_update(
            index_elements=["realm", "owner_id"], set_={"day": insert.excluded.day, "files": both},
            where=both <= most).returning(UploadCount.files)).first()
        if files > most or counted is None:
            midnight = datetime.combine(moment.date() + timedelta(days=1), time(), moment.tzinfo)
            raise TooManyRequests("errMsg_TooManyUploadsToday", int((midnight - moment).total_seconds()) + 1,
                                  "TooManyUploads")
        work.commit()


def _store(actor: Actor, files: list[BucketFile], uploads: Sequence[Upload]) -> None:
    for file, upload in zip(files, uploads, strict=True):
        name = file.storage_name if file.state == READY else raw_name(file.storage_name)
        media_store().put(name, upload.content, file.mime_type)
    with unit_of_work(actor) as work:
        for file in files:
            work.insert(file)
        work.commit()

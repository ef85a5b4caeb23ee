"""Uploads: bytes into the media store, then their rows in one transaction; a failure leaves no row and no bytes.

What was uploaded is served only when it is prepared (preparation.py): only its headers were read here."""
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
from app.errors import Forbidden, InvalidInput, LoginRequired, TooManyRequests
from app.identity.access import require_proved
from app.identity.authentication import identity
from app.identity.bucket_tokens import BucketTokenRefused, application_bucket, read_bucket_token
from app.identity.roles import ADMIN, SUPER_ADMIN
from app.jobs.wakeup import wake
from app.media.images import examine_images
from app.media.store import media_store, random_name
from app.plain_text import seen
from app.runtime import runtime
from blueprints.platform.bucket.models import PREPARING, BucketFile, UploadCount
from blueprints.platform.bucket.preparation import PREPARE_PICTURES
from blueprints.platform.bucket.queries import file_address, file_wire
from blueprints.platform.bucket.rules import is_user_bucket, raw_name, shown_name


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as it came in."""

    name: str | None
    content: bytes


@dataclass(frozen=True, slots=True)
class BucketWriter:
    """Who holds a good bucket token, and the buckets it names."""

    actor: Actor
    bucket_ids: tuple[str, ...]


def bucket_writer(realm: str, token: str) -> BucketWriter:
    """Return who uploads with this token; raises LoginRequired when it is no good or its session has ended."""
    try:
        grant = read_bucket_token(runtime().settings.secret_key, realm, token)
    except BucketTokenRefused:
        raise LoginRequired("errMsg_BucketTokenIsNotValid") from None
    session = identity().sessions.live(realm, grant.session_id, grant.user_id)
    if session is None:
        raise LoginRequired("errMsg_BucketTokenIsNotValid")
    require_proved(session.owed_factor)
    actor = Actor(realm, session.user_id, session.id, session.role, session.email, session.fullname)
    return BucketWriter(actor, grant.bucket_ids)


def require_bucket(writer: BucketWriter, bucket_id: str) -> None:
    """Raise InvalidInput for a bucket that cannot exist, Forbidden for one not the writer's (rules-platform §4).

    The token has to name it, and the common bucket takes a role that is still staff's."""
    of_application = bucket_id == application_bucket(writer.actor.realm)
    if not of_application and not is_user_bucket(bucket_id):
        raise InvalidInput("errMsg_bucketIdisNotAValidID", detail={"bucketId": "expected the id of a bucket"})
    if bucket_id not in writer.bucket_ids or (of_application and writer.actor.role not in (ADMIN, SUPER_ADMIN)):
        raise Forbidden("errMsg_BucketNotAllowed")


def store_images(actor: Actor, bucket_id: str, uploads: Sequence[Upload]) -> list[Wire]:
    """Keep the images in the bucket, to be prepared, and return them as the wire shows them.

    Raises RuleViolated no_file, invalid_mime or too_large, or TooManyRequests, before anything is stored."""
    found = examine_images([upload.content for upload in uploads], runtime().settings.max_upload_bytes)
    _count(actor, len(uploads))
    files = [BucketFile(
        id=uuid7(), realm=actor.realm, bucket_id=bucket_id, owner_id=str(actor.user_id),
        original_name=shown_name(seen(upload.name or "")), mime_type=facts.mime_type,
        size=len(upload.content), storage_name=random_name(), created_at=now(),
        state=PREPARING, due_at=now(), attempts=0)
        for upload, facts in zip(uploads, found, strict=True)]
    try:
        _store(actor, files, uploads)
    except BaseException:
        for file in files:
            media_store().delete(raw_name(file.storage_name))
        raise
    wake(PREPARE_PICTURES)
    return [file_wire(file) for file in files]


def hold_file(work: UnitOfWork, address: str, *, held: bool) -> None:
    """Let the file at an address of ours load no more, or again; another address is nobody's here.

    A copy that a browser or a proxy has keeps until it is thrown away: files never change under their address."""
    before, _, file_id = address.rpartition("/")
    if f"{before}/" == file_address(work.actor.realm, ""):
        work.execute(update(BucketFile).where(BucketFile.id == file_id, BucketFile.realm == work.actor.realm)
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
        media_store().put(raw_name(file.storage_name), upload.content, file.mime_type)
    with unit_of_work(actor) as work:
        for file in files:
            work.insert(file)
        work.commit()

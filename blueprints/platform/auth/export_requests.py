"""Exports that people ask for by the API: made by a worker, kept privately for days, read with a token of minutes.

The row says what is owed; a worker that dies leaves it due again, and it is written under the same name."""
import logging
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from sqlalchemy import Select, delete, inspect, select

from app.actor import Actor, kernel_actor, system_actor
from app.backoff import Backoff
from app.clock import now
from app.data.batches import purge
from app.data.columns import iso
from app.data.connections import reading
from app.data.ids import uuid7
from app.data.reads import Listing, fetch, fetch_one, list_query
from app.data.reads.keyset import row_order
from app.data.reads.read_request import ReadRequest
from app.data.retries import OwedWork, claim_due, error_text, is_any_due, postpone, settle
from app.data.serialization import Wire
from app.data.unit_of_work import unit_of_work
from app.errors import LoginRequired, NotFound, TooManyRequests
from app.identity.access import require_proved
from app.identity.authentication import identity
from app.identity.file_tokens import FileTokenRefused, file_token, read_file_token
from app.identity.security_events import record_security
from app.jobs.wakeup import wake
from app.media.store import MediaMissing, media_store, random_name
from app.runtime import runtime
from blueprints.platform.auth.export_models import FAILED, IS_WAITING, READY, WAITING, PersonExport
from blueprints.platform.auth.exports import write_export
from blueprints.platform.auth.models import account_model
from blueprints.platform.auth.topics import export_ready_topic

log = logging.getLogger("guildhall.persons")

MAKE_EXPORTS = "make-exports"
KEPT_FOR = timedelta(days=7)
A_DAY, MOST_A_DAY = timedelta(days=1), 3
_OWED = OwedWork(PersonExport, IS_WAITING, PersonExport.due_at)
_LEASE = timedelta(hours=1)
_AT_ONCE = 5000
_DRAFT, _ZIP = "export-", ".zip"
_LATEST_FIRST = row_order(PersonExport.id.desc())
_BACKOFF = Backoff(timedelta(minutes=1), timedelta(hours=1), factor=4, most=5)


def request_export(actor: Actor) -> Wire:
    """Ask for an export of oneself; while one waits it is that one. Raises TooManyRequests after three within a day."""
    user_id = str(actor.user_id)
    with unit_of_work(actor) as work:
        work.lock(account_model(actor.realm), user_id)
        waiting = work.first(_waiting_of(actor))
        if waiting is None:
            _refuse_too_many(actor)
            moment = now()
            waiting = work.insert(PersonExport(
                id=uuid7(), realm=actor.realm, user_id=user_id, state=WAITING, storage_name=random_name(), attempts=0,
                requested_at=moment, expires_at=moment + KEPT_FOR, due_at=moment))
            record_security(work, "account", user_id, export="asked for")
            work.after_commit(partial(wake, MAKE_EXPORTS))
        work.commit()
    return _shown(actor, waiting)


def own_exports(actor: Actor, asked: ReadRequest) -> Listing:
    """Return one's own exports that have not expired, the latest first; one that is ready with where it is read."""
    own = select(*PersonExport.__table__.columns).where(
        PersonExport.realm == actor.realm, PersonExport.user_id == actor.user_id, PersonExport.expires_at > now())
    return list_query(own, _LATEST_FIRST, asked.page, partial(_shown, actor))


def opened_export(actor: Actor, export_id: str | None, token: str | None) -> IO[bytes]:
    """Return the zip to be read. Raises LoginRequired without a good token of a live session, NotFound when it is
    gone."""
    export = fetch_one(select(*PersonExport.__table__.columns).where(
        PersonExport.realm == actor.realm, PersonExport.id == export_id, PersonExport.state == READY,
        PersonExport.expires_at > now()))
    refused = LoginRequired("errMsg_FileTokenIsNotValid")
    if token is None:
        raise LoginRequired("errMsg_FileNeedsAToken")
    if export is None:
        raise refused
    try:
        reader = read_file_token(runtime().settings.secret_key, actor.realm, token, export.id, export.user_id)
    except FileTokenRefused:
        raise refused from None
    session = identity().sessions.live(actor.realm, reader.session_id, export.user_id)
    if session is None or not (actor.is_anonymous or actor.is_user(export.user_id)):
        raise refused
    require_proved(session.owed_factor)
    try:
        return media_store().open(export.storage_name)
    except MediaMissing:
        raise NotFound("errMsg_FileNotFound") from None


def remove_left_drafts() -> int:
    """Remove the zips in the instance folder that a killed worker left: all a person has said lies in them, and nobody
    else would. Returns how many.

    What is younger than a lease may still be written."""
    left, moment = 0, (now() - _LEASE).timestamp()
    for draft in runtime().settings.home.glob(f"{_DRAFT}*{_ZIP}"):
        with suppress(FileNotFoundError):  # its worker has just removed it
            facts = draft.lstat()
            if stat.S_ISREG(facts.st_mode) and facts.st_mtime < moment:
                draft.unlink()
                left += 1
    return left


def make_next_export() -> bool | None:
    """Make the export that has waited longest; returns whether it could be made, and None when none is due."""
    if not is_any_due(_OWED):
        return None
    with unit_of_work(kernel_actor()) as work:
        claimed = claim_due(work, _OWED, 1, lease=_LEASE)
        work.commit()
    if not claimed:  # another worker was faster
        return None
    [export] = claimed
    try:
        _make(export)
    except Exception as error:
        log.exception("export %s could not be made", export.id)
        with unit_of_work(kernel_actor()) as work:
            postpone(work, _OWED, PersonExport.id == export.id, error=error_text(error), backoff=_BACKOFF,
                     parked={"state": FAILED})
            work.commit()
        return False
    return True


def stored_exports() -> Iterator[str]:
    """Yield the storage names of all exports, in every state and realm: what has one in the media store is theirs.

    The database of a backup may be of a release that had none (`flask backup verify`)."""
    with reading() as connection:
        if not inspect(connection).has_table(PersonExport.__tablename__):
            return
    last = ""
    while rows := fetch(select(PersonExport.id, PersonExport.storage_name).where(PersonExport.id > last).order_by(
            PersonExport.id).limit(_AT_ONCE)):
        yield from (row.storage_name for row in rows)
        last = rows[-1].id


def purge_exports() -> int:
    """Remove exports that have expired, the bytes first; returns how many."""
    def remove(work: Any, ids: Sequence[str]) -> None:
        work.execute(delete(PersonExport).where(PersonExport.id.in_(ids)))

    def find(size: int) -> Sequence[str]:
        rows = fetch(select(PersonExport.id, PersonExport.storage_name).where(PersonExport.expires_at <= now())
                     .order_by(PersonExport.expires_at).limit(size))
        _remove_bytes(rows)
        return [row.id for row in rows]

    return purge(kernel_actor(), find, remove)


def remove_exports_of(actor: Actor, user_id: str, cause: str | None) -> None:
    """Remove a person's exports: the bytes, the rows, and the bytes once more.

    A worker may have written one in between; from then on it finds no row and removes what it writes."""
    of_person = (PersonExport.realm == actor.realm, PersonExport.user_id == user_id)
    rows = fetch(select(PersonExport.storage_name).where(*of_person))
    _remove_bytes(rows)
    with unit_of_work(actor, request_id=cause) as work:
        work.execute(delete(PersonExport).where(*of_person))
        work.commit()
    _remove_bytes(rows)


def _refuse_too_many(actor: Actor) -> None:
    """Count by the rows, which are kept for longer than a day; the lock of the account keeps rivals away."""
    asked = fetch(select(PersonExport.requested_at).where(
        PersonExport.realm == actor.realm, PersonExport.user_id == actor.user_id,
        PersonExport.requested_at > now() - A_DAY).order_by(PersonExport.requested_at))
    if len(asked) >= MOST_A_DAY:
        wait = asked[-MOST_A_DAY].requested_at + A_DAY - now()
        raise TooManyRequests("errMsg_TooManyExportsToday", int(wait.total_seconds()) + 1, "TooManyExports")


def _waiting_of(actor: Actor) -> Select[Any]:
    return select(PersonExport).where(
        PersonExport.realm == actor.realm, PersonExport.user_id == actor.user_id, IS_WAITING)


def _make(export: PersonExport) -> None:
    with NamedTemporaryFile(dir=runtime().settings.home, prefix=_DRAFT, suffix=_ZIP) as file:
        write_export(export.realm, export.user_id, file)  # type: ignore[arg-type]
        file.flush()
        size = file.tell()
        media_store().put_file(export.storage_name, Path(file.name), "application/zip")
    with unit_of_work(system_actor(export.realm)) as work:
        made = settle(work, _OWED, PersonExport.id == export.id, state=READY, size=size, last_error=None)
        if made:
            work.emit(export_ready_topic(export.realm), export.user_id, {"id": export.id, "userId": export.user_id})
        work.commit()
    if not made:  # the person was erased, or another worker was faster and has written the same
        _remove_unowned(export)


def _remove_unowned(export: PersonExport) -> None:
    if fetch_one(select(PersonExport.id).where(PersonExport.id == export.id)) is None:
        media_store().delete(export.storage_name)


def _remove_bytes(rows: Sequence[Any]) -> None:
    for row in rows:
        media_store().delete(row.storage_name)


def _shown(actor: Actor, export: Any) -> Wire:
    settings = runtime().settings
    address = None
    if export.state == READY and actor.session_id is not None:
        token = file_token(settings.secret_key, actor, export.id, export.user_id, settings.file_token_seconds)
        address = f"{settings.public_url}/{actor.realm}/auth-api/personexport/{export.id}?token={token}"
    return {"id": export.id, "state": export.state, "size": export.size, "requestedAt": iso(export.requested_at),
            "expiresAt": iso(export.expires_at), "downloadUrl": address}

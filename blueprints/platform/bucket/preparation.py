"""Makes the uploads that wait into files that are served, one after the other; and cleans what older releases stored.

Decoding is outside any transaction. Each step may be repeated: what a crash leaves, the next run ends."""
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.actor import kernel_actor
from app.backoff import Backoff
from app.clock import now
from app.data.reads import fetch
from app.data.retries import OwedWork, claim_due, error_text, is_any_due, postpone, settle
from app.data.unit_of_work import unit_of_work
from app.errors import RuleViolated
from app.media.preparation import PreparationFailed, prepare_picture
from app.media.store import MediaMissing, media_store
from app.runtime import runtime
from blueprints.platform.bucket.models import IS_PREPARING, IS_UNCLEANED, READY, REFUSED, BucketFile
from blueprints.platform.bucket.rules import raw_name

log = logging.getLogger("guildhall.bucket")

PREPARE_PICTURES = "prepare-pictures"
WAITING = OwedWork(BucketFile, IS_PREPARING, BucketFile.due_at)
_UNCLEANED = OwedWork(BucketFile, IS_UNCLEANED, BucketFile.created_at)
# How long one process keeps a picture to itself: longer than the decoder's deadline, twice over.
_LEASE = timedelta(minutes=2)
_BACKOFF = Backoff(timedelta(seconds=30), timedelta(minutes=10), factor=4, most=4)
_AT_A_TIME = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one stored picture: `changed`, `unchanged`, `refused`, `missing`, or `failed` and left alone."""

    file_id: str
    what: str
    reason: str | None = None


def prepare_next_file() -> bool:
    """Prepare the upload that has waited longest; False when none is due."""
    if not is_any_due(WAITING):
        return False
    with unit_of_work(kernel_actor()) as work:
        files = claim_due(work, WAITING, 1, lease=_LEASE)
        work.commit()
    for file in files:
        _prepare(file)
    return bool(files)


def clean_stored(*, dry_run: bool = False, after_each: Callable[[Outcome], None] = lambda _: None) -> dict[str, int]:
    """Prepare what older releases stored as it was uploaded; returns how many pictures ended how.

    What cannot be decoded within the limits is refused from then on, its bytes stay. Called again, it goes on with what
    is left; a dry run changes nothing."""
    counted: dict[str, int] = dict.fromkeys(("changed", "unchanged", "refused", "missing", "failed"), 0)
    for file in _uncleaned():
        outcome = _clean(file, dry_run=dry_run)
        counted[outcome.what] += 1
        after_each(outcome)
    return counted


def _prepare(file: BucketFile) -> None:
    """Write the prepared picture, remove the raw one, then say so: repeated, it finds the one or the other."""
    store, raw = media_store(), raw_name(file.storage_name)
    try:
        try:
            content = store.get(raw)
        except MediaMissing:
            content = store.get(file.storage_name)
        store.put(file.storage_name, prepare_picture(content, len(content)), file.mime_type)
        store.delete(raw)
    except (RuleViolated, MediaMissing) as error:
        log.warning("file %s of user %s is refused: %s", file.id, file.owner_id, error)
        store.delete(raw)
        _settle(file, REFUSED, _reason(error))
    except Exception as error:
        log.exception("file %s could not be prepared", file.id)
        _postpone(file, error)
    else:
        _settle(file, READY, None)


def _settle(file: BucketFile, state: str, reason: str | None) -> None:
    with unit_of_work(kernel_actor()) as work:
        is_there = settle(work, WAITING, BucketFile.id == file.id, state=state, due_at=None, last_error=reason,
                          prepared_at=now())
        work.commit()
    if not is_there:
        _forget_if_purged(file)


def _forget_if_purged(file: Any) -> None:
    """Remove what was written for a file whose owner was purged while it was decoded."""
    if not fetch(select(BucketFile.id).where(BucketFile.id == file.id)):
        media_store().delete(file.storage_name)


def _postpone(file: BucketFile, error: Exception) -> None:
    with unit_of_work(kernel_actor()) as work:
        gave_up = postpone(work, WAITING, BucketFile.id == file.id, error=error_text(error), backoff=_BACKOFF,
                           parked={"state": REFUSED, "due_at": None, "prepared_at": now()})
        work.commit()
    if gave_up:
        media_store().delete(raw_name(file.storage_name))


def _uncleaned() -> Iterator[Any]:
    last = ""
    columns = (BucketFile.id, BucketFile.storage_name, BucketFile.mime_type)
    while found := fetch(select(*columns).where(IS_UNCLEANED, BucketFile.state == READY, BucketFile.id > last)
                         .order_by(BucketFile.id).limit(_AT_A_TIME)):
        yield from found
        last = found[-1].id


def _clean(file: Any, *, dry_run: bool) -> Outcome:
    values: dict[str, Any] = {"prepared_at": now()}
    try:
        content = media_store().get(file.storage_name)
        prepared = prepare_picture(content, max(len(content), runtime().settings.max_upload_bytes))
        outcome = Outcome(file.id, "unchanged" if prepared == content else "changed")
        if prepared != content and not dry_run:
            media_store().put(file.storage_name, prepared, file.mime_type)
    except MediaMissing:
        outcome = Outcome(file.id, "missing")
    except RuleViolated as error:
        outcome = Outcome(file.id, "refused", _reason(error))
        values |= {"state": REFUSED, "last_error": _reason(error)}
    except PreparationFailed as error:
        return Outcome(file.id, "failed", str(error))
    if not dry_run:
        with unit_of_work(kernel_actor()) as work:
            is_there = settle(work, _UNCLEANED, BucketFile.id == file.id, **values)
            work.commit()
        if not is_there:
            _forget_if_purged(file)
    return outcome


def _reason(error: RuleViolated | MediaMissing) -> str:
    return str(error.err_code) if isinstance(error, RuleViolated) else "its bytes are missing"

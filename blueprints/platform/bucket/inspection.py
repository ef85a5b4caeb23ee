"""What operators see of uploaded files at the terminal: lists, finding, one file; no bytes.

How a private file is called is its owner's: only its ending is shown, and nothing is found by the rest."""
from pathlib import PurePath
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import aliased

from app.data.columns import iso
from app.data.reads import fetch, fetch_one
from app.data.short_ids import MOST_LOOKED_THROUGH, ids_named
from app.folding import fold
from app.identity.bucket_tokens import private_bucket, user_bucket
from blueprints.platform.bucket.models import IS_PREPARING, PREPARING, READY, REFUSED, BucketFile
from blueprints.platform.bucket.queries import file_address
from blueprints.platform.bucket.rules import PRIVATE_END, is_private, refusal_reason

Facts = dict[str, Any]
HELD = "held"
FILE_STATES = (PREPARING, READY, REFUSED, HELD)
_LATEST: Any = aliased(BucketFile, select(BucketFile).order_by(BucketFile.id.desc()).limit(MOST_LOOKED_THROUGH)
                       .subquery("latest"))


def latest_files(realm: str, *, limit: int, state: str | None = None, bucket_id: str | None = None,
                 owner_id: str | None = None) -> list[Facts]:
    """Return the latest files of a realm, the newest first: of one of FILE_STATES, a bucket, the two buckets of a user.

    Of a bucket or of what is being prepared all are looked through, else the latest MOST_LOOKED_THROUGH."""
    buckets = [bucket_id] if bucket_id is not None else [] if owner_id is None else [
        user_bucket(owner_id), private_bucket(owner_id)]
    model: Any = BucketFile if buckets or state == PREPARING else _LATEST
    conditions = [model.realm == realm, *([model.bucket_id.in_(buckets)] if buckets else [])]
    if state == PREPARING:
        conditions.append(IS_PREPARING)
    elif state is not None:
        conditions.append(model.held.is_(True) if state == HELD else model.state == state)
    return _listed(model, conditions, limit)


def find_files(realm: str, text: str, limit: int) -> list[Facts]:
    """Return the latest files that the text names (files_named), or whose name has it: of the latest
    MOST_LOOKED_THROUGH, and of public ones alone."""
    wanted = fold(text)
    public = fetch(select(_LATEST.id, _LATEST.original_name).where(
        _LATEST.realm == realm, _LATEST.bucket_id.not_like(f"%{PRIVATE_END}")).order_by(_LATEST.id.desc()))
    # Letters are compared here: each database knows others, and names of files have no folded column.
    called = [row.id for row in public if wanted and wanted in fold(row.original_name)]
    return _listed(BucketFile, [BucketFile.realm == realm, BucketFile.id.in_([*files_named(text), *called[:limit]])],
                   limit)


def files_named(text: str) -> list[str]:
    """Return the ids that begin with the text, or that end with its eight digits (app/data/short_ids.py)."""
    model: Any = BucketFile
    return ids_named(model, text)


def known_file(file_id: str) -> Facts | None:
    """Return what is known of one file, None when it is not there; `reason` is what its owner hears of a refusal."""
    row = fetch_one(select(BucketFile).where(BucketFile.id == file_id))
    if row is None:
        return None
    return {**_facts(row), "reason": refusal_reason(row.last_error) if row.state == REFUSED else None,
            "attempts": row.attempts, "triedNext": iso(row.due_at) if row.state == PREPARING else None,
            "preparedAt": iso(row.prepared_at), "downloadUrl": file_address(row.realm, row.id)}


def _listed(model: Any, conditions: list[ColumnElement[bool]], limit: int) -> list[Facts]:
    return [_facts(row) for row in fetch(select(model).where(*conditions).order_by(model.id.desc()).limit(limit))]


def _facts(row: Row[Any]) -> Facts:
    ending = PurePath(row.original_name).suffix[:10]
    return {"id": row.id, "uploadedAt": iso(row.created_at), "realm": row.realm,
            "state": HELD if row.held else row.state, "type": row.mime_type, "bytes": row.size,
            "ownerId": row.owner_id, "bucket": row.bucket_id,
            "name": f"…{ending}" if is_private(row.bucket_id) else row.original_name}

"""Who looked at one's profile (NET-26): counts for everybody, names for premium, for 90 days.

A query never writes: whoever gets a profile leaves that in the buffer of reads, and a job writes it; some are lost."""
from datetime import timedelta
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import ColumnElement, and_, case, delete, exists, func, not_, null, select, tuple_

from app.actor import Actor
from app.clock import now
from app.data.batches import purge, yield_write_lock
from app.data.held import is_free
from app.data.reads import Listing, fetch, list_query
from app.data.reads.keyset import row_order
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.upserts import upsert
from app.data.visibility import expression_in_sql
from app.http.read_events import ReadEventBuffer
from app.runtime import runtime
from blueprints.network.profile.models import Profile, ProfileView
from blueprints.network.profile.rules import VIEW_DAYS
from blueprints.network.profile.visibility import IS_OPEN
from blueprints.platform.auth.lending import share_accounts
from blueprints.platform.people.briefs import user_briefs
from blueprints.platform.people.queries import not_hidden

_STREAM = "network:profile-views"
_AT_ONCE = 200  # their people's accounts are shared: few enough that no login waits for it
_NEWEST_FIRST = row_order(ProfileView.day.desc(), ProfileView.id.desc())

_View = tuple[str, str, str]
"""Whose profile, who looked, on which day."""


def note_view(actor: Actor, row: Wire) -> None:
    """Let it be kept that the actor looked at this profile; staff and its owner leave no trace."""
    if not actor.is_staff and not actor.is_user(row["userId"]):
        runtime().part(ReadEventBuffer).put(_STREAM, {
            "ownerId": row["userId"], "viewerId": actor.user_id, "day": _day()})


def write_views(actor: Actor) -> int:
    """Write what the buffers of all processes have sent, and return how many views that were.

    A second time nothing changes: there is one row per owner, viewer and day. Raises redis.RedisError."""
    redis: Any = runtime().redis
    written = 0
    while entries := redis.xrange(_STREAM, count=_AT_ONCE):
        views = {_view(entry[b"payload"]) for _, entry in entries}
        with unit_of_work(actor) as work:
            _write(work, views)
            work.commit()
        redis.xdel(_STREAM, *(entry_id for entry_id, _ in entries))
        written += len(views)
        yield_write_lock()
    return written


def forget_views(actor: Actor) -> int:
    """Remove the views that are too old to be shown; returns how many."""
    keys, before = (ProfileView.owner_id, ProfileView.viewer_id, ProfileView.day), _day(VIEW_DAYS)
    return purge(
        actor, lambda size: [tuple(row) for row in fetch(select(*keys).where(ProfileView.day <= before).limit(size))],
        lambda work, found: work.execute(delete(ProfileView).where(tuple_(*keys).in_(found))
                                         .execution_options(synchronize_session=False)))


def list_views(actor: Actor, asked: ReadRequest, *, with_names: bool) -> Listing:
    """Return a page of the views of the actor's profile, the latest day first, with counts beside the rows.

    A row is {id, day, viewerId, viewer}; the last two are null unless the names are asked for, and of a viewer whose
    profile the actor does not see."""
    mine = and_(ProfileView.owner_id == actor.user_id, ProfileView.day > _day(VIEW_DAYS))
    named = case((_is_named(actor), ProfileView.viewer_id)) if with_names else null()
    [(total, lately)] = fetch(select(func.count(), func.count(case((ProfileView.day > _day(7), 1)))).where(mine))
    listing = list_query(
        select(ProfileView.id, ProfileView.day, named.label("viewer_id")).where(mine), _NEWEST_FIRST, asked.page,
        lambda row: {"id": row.id, "day": row.day, "viewerId": row.viewer_id}, counted=lambda: total)
    if asked.joins and not asked.local_only:
        briefs = user_briefs(actor.realm, [row["viewerId"] for row in listing.rows])
        for row in listing.rows:
            row["viewer"] = briefs.get(row["viewerId"])
    listing.extras = {"views": {"last7Days": lately, f"last{VIEW_DAYS}Days": total}}
    return listing


def _is_named(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that the actor may learn who the viewer is: nobody whose profile is closed to him."""
    closed = exists(select(Profile.id).where(
        Profile.user_id == ProfileView.viewer_id, Profile.is_active.is_(True),
        not_(and_(is_free(Profile), expression_in_sql(IS_OPEN, Profile, actor)))))
    return and_(not_hidden(ProfileView.viewer_id, actor), not_(closed))


def _write(work: UnitOfWork, views: set[_View]) -> None:
    people = share_accounts(work, {person for owner, viewer, _ in views for person in (owner, viewer)})
    rows = [{"owner_id": owner, "viewer_id": viewer, "day": day, "id": str(uuid4())}
            for owner, viewer, day in sorted(views) if {owner, viewer} <= people]
    if rows:
        work.execute(upsert(ProfileView).values(rows).on_conflict_do_nothing())


def _view(payload: bytes) -> _View:
    said = orjson.loads(payload)
    return said["ownerId"], said["viewerId"], said["day"]


def _day(days_ago: int = 0) -> str:
    """Return a day of UTC as it is written; days compare as their texts do."""
    return (now() - timedelta(days=days_ago)).date().isoformat()

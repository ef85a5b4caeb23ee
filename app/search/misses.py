"""Searches that found nothing, for the operator: what people miss is what to sell, to write, or a synonym to add.

What somebody searched is private: it is readable once three people searched it, and known by a keyed hash before."""
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Index, String, Text, delete, distinct, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.actor import kernel_actor
from app.clock import now
from app.data.columns import Instant, iso
from app.data.entity import Base
from app.data.ids import uuid7
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.identity.encryption import DecryptionFailed, fingerprint, unseal
from app.jobs.schedule import kernel_periodic
from app.runtime import runtime
from app.search.noted_misses import MOST_WAITING, PURPOSE, WAITING

CALLERS = 3
"""So many people must have searched the same before it is kept readable."""
KEPT = timedelta(days=30)
MOST_ROWS, MOST_OF_CALLER = 5_000, 100
_AT_ONCE = 200


class SearchMiss(Base):
    """That somebody searched something of which nothing was found; removed 30 days after he last did."""

    __tablename__ = "search_miss"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(32))
    index_name: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    """The keyed hash of realm, index and words."""
    user_id: Mapped[str] = mapped_column(String(36))
    said: Mapped[str | None] = mapped_column(Text)
    """The words, folded, from the third caller on."""
    searched_at: Mapped[datetime] = mapped_column(Instant)


Index("uq_search_miss_caller", SearchMiss.realm, SearchMiss.index_name, SearchMiss.digest, SearchMiss.user_id,
      unique=True)
Index("ix_search_miss_user", SearchMiss.realm, SearchMiss.user_id)
Index("ix_search_miss_searched_at", SearchMiss.searched_at)


@kernel_periodic("keep-search-misses", minutes=1)
def keep_search_misses() -> str:
    """Count the searches without hits since the last time, and remove what is old or too much."""
    kept = 0
    while entries := _waiting():
        with unit_of_work(kernel_actor()) as work:
            kept += sum(_keep(work, *entry) for entry in dict.fromkeys(entries))
            work.commit()
    with unit_of_work(kernel_actor()) as work:
        _prune(work)
        work.commit()
    return f"{kept} counted"


def misses(most: int) -> list[dict[str, Any]]:
    """Return what enough people searched and nothing holds, what most people searched first."""
    callers, last = func.count(distinct(SearchMiss.user_id)), func.max(SearchMiss.searched_at)
    rows: Any = fetch(select(SearchMiss.realm, SearchMiss.index_name, func.max(SearchMiss.said), callers, last)
                 .group_by(SearchMiss.realm, SearchMiss.index_name, SearchMiss.digest)
                 .having(callers >= CALLERS, func.max(SearchMiss.said).is_not(None))
                 .order_by(callers.desc(), last.desc(), SearchMiss.digest).limit(most))
    return [{"realm": realm, "index": index, "words": said, "callers": count, "lastAt": iso(at)}
            for realm, index, said, count, at in rows]


def _waiting() -> list[tuple[str, str, str, str]]:
    from redis import RedisError

    try:
        sealed: Any = runtime().redis.lpop(WAITING, _AT_ONCE)
    except (RedisError, OSError):
        return []
    found = []
    for one in sealed or ():
        try:
            realm, index, said, user_id = orjson.loads(unseal(runtime().settings.secret_key, PURPOSE, one.decode()))
            found.append((realm, index, said, user_id))
        except (DecryptionFailed, ValueError):  # of before another secret, or not ours
            continue
    return found


def _keep(work: UnitOfWork, realm: str, index_name: str, said: str, user_id: str) -> bool:
    """Count one caller of one search; returns whether there was room."""
    digest = fingerprint(runtime().settings.secret_key, PURPOSE, f"{realm}\x00{index_name}\x00{said}")
    callers = {row.user_id: row.id for row in work.rows(select(SearchMiss.user_id, SearchMiss.id).where(
        SearchMiss.realm == realm, SearchMiss.index_name == index_name, SearchMiss.digest == digest))}
    readable = said if len(callers.keys() | {user_id}) >= CALLERS else None
    if user_id in callers:
        work.execute(update(SearchMiss).where(SearchMiss.id == callers[user_id]).values(
            searched_at=now(), said=readable))
        return True
    [own] = work.rows(select(func.count()).select_from(SearchMiss).where(
        SearchMiss.realm == realm, SearchMiss.user_id == user_id))
    if own[0] >= MOST_OF_CALLER:
        return False
    work.execute(insert(SearchMiss).values(id=uuid7(), realm=realm, index_name=index_name, digest=digest,
                                           user_id=user_id, said=readable, searched_at=now()))
    return True


def _prune(work: UnitOfWork) -> None:
    """Remove what is old or more than is kept, and make unreadable what fewer people searched than it takes."""
    work.execute(delete(SearchMiss).where(SearchMiss.searched_at < now() - KEPT))
    surplus: Sequence[Any] = work.rows(select(SearchMiss.id).order_by(
        SearchMiss.searched_at.desc(), SearchMiss.id.desc()).offset(MOST_ROWS).limit(MOST_WAITING))
    if surplus:
        work.execute(delete(SearchMiss).where(SearchMiss.id.in_([row.id for row in surplus])))
    enough = select(SearchMiss.digest).group_by(SearchMiss.realm, SearchMiss.digest).having(
        func.count(distinct(SearchMiss.user_id)) >= CALLERS)
    work.execute(update(SearchMiss).where(SearchMiss.said.is_not(None), SearchMiss.digest.not_in(enough)).values(
        said=None))

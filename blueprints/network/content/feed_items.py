"""What feeds are made of, kept with each post: one costs the same, however many it reaches (NET-16).

A person's voice has the person's number in networking, a company's a number of its own, which stands negative."""
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select, update

from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork
from app.data.upserts import upsert
from app.ops.findings import MOST_NAMED, agreement
from app.ops.mends import MOST_MENDED, mend_each
from blueprints.network.company.rights import followed_by, page_is_shown
from blueprints.network.content.feed_models import IS_SHOWN, CompanyVoice, FeedItem, Voice
from blueprints.network.content.models import Post
from blueprints.network.content.rules import reaches_others
from blueprints.network.networking.ties import numbered

NEWEST_FIRST = (FeedItem.at.desc(), FeedItem.post_id.desc())


def keep_item(work: UnitOfWork, post: Post) -> None:
    """Make the item of a post what the post is now, as the last thing of a command: one voice's wait here.

    Voices are locked before items, by everybody, and several in the order of their numbers."""
    work.flush()
    voice = _voice_of(work, post)
    former = work.rows(select(FeedItem.voice).where(FeedItem.post_id == post.id))
    said = {"voice": voice, "at": post.created_at, "shown": post.is_active and post.held is None,
            "reach": reaches_others(post.visibility, post.audience, is_companys=post.company_id is not None)}
    voices = {voice, *(row.voice for row in former)}
    _lock(work, voices)
    work.execute(upsert(FeedItem).values(post_id=post.id, **said).on_conflict_do_update(
        index_elements=(FeedItem.post_id,), set_=said))
    _keep_latest(work, voices)


def hide_items(work: UnitOfWork, post_ids: Collection[str]) -> None:
    """Let the items of posts that are deleted be shown no more, as the last thing of a command."""
    work.flush()
    voices = lock_voices(work, post_ids)
    work.execute(update(FeedItem).where(FeedItem.post_id.in_(post_ids)).values(shown=False)
                 .execution_options(synchronize_session=False))
    _keep_latest(work, voices)


def lock_voices(work: UnitOfWork, post_ids: Collection[str]) -> set[int]:
    """Lock the voices of posts, also for a transaction that keeps one after the other; returns their numbers."""
    voices = {row.voice for row in work.rows(select(FeedItem.voice).where(FeedItem.post_id.in_(post_ids)))}
    _lock(work, voices)
    return voices


def followed_voices(user_id: str | ColumnElement[str]) -> Select[int]:
    """Return the query of the voices of the companies that this person follows, and whose page is shown."""
    return select(-CompanyVoice.num).where(CompanyVoice.company_id.in_(followed_by(user_id)),
                                           page_is_shown(CompanyVoice.company_id))


def differences(limit: int) -> list[str]:
    """Return where voices and their items differ, one sentence each, at most `limit`; one statement."""
    return [f"voice {row[0]}: its latest post is {row[2]}, not {row[1]}" for row in _out_of_date(limit)]


def mend_voices(operator: str) -> int:
    """Note the latest post of the voices that know another one; returns how many."""
    def mend(work: UnitOfWork, num: int) -> None:
        _lock(work, {num})
        _keep_latest(work, {num})

    return mend_each("network", operator, "latest post of a voice", [row[0] for row in _out_of_date(MOST_MENDED)], mend)


def _out_of_date(limit: int) -> Sequence[Row[Any]]:
    newest = (select(FeedItem.post_id).where(FeedItem.voice == Voice.num, IS_SHOWN, FeedItem.reach.is_(True))
              .order_by(*NEWEST_FIRST).limit(1).correlate(Voice).scalar_subquery())
    return fetch(select(Voice.num, Voice.post_id, newest).where(
        Voice.post_id.is_distinct_from(newest)).order_by(Voice.num).limit(limit))


def check_voices() -> tuple[str, str]:
    """Return what `flask doctor` says of the feed: ok or fail, and a sentence."""
    return agreement(differences(MOST_NAMED + 1), "each voice knows its latest post")


def _keep_latest(work: UnitOfWork, nums: Collection[int]) -> None:
    """Note of each of these locked voices the newest item that reaches others."""
    for num in sorted(nums):
        newest = work.rows(select(FeedItem.at, FeedItem.post_id).where(
            FeedItem.voice == num, IS_SHOWN, FeedItem.reach.is_(True)).order_by(*NEWEST_FIRST).limit(1))
        at, post_id = newest[0] if newest else (None, None)
        work.execute(update(Voice).where(Voice.num == num).values(at=at, post_id=post_id))


def _lock(work: UnitOfWork, nums: Collection[int]) -> None:
    """Lock voices in the order of their numbers; one that is new is noted."""
    if nums:
        insert = upsert(Voice).values([{"num": num} for num in sorted(nums)])
        work.execute(insert.on_conflict_do_update(index_elements=(Voice.num,), set_={"num": insert.excluded.num}))


def _voice_of(work: UnitOfWork, post: Post) -> int:
    if post.company_id is None:
        return numbered(work, {post.author_user_id})[post.author_user_id]
    work.execute(upsert(CompanyVoice).values(company_id=post.company_id).on_conflict_do_nothing(
        index_elements=(CompanyVoice.company_id,)))
    return -int(work.rows(select(CompanyVoice.num).where(CompanyVoice.company_id == post.company_id))[0].num)

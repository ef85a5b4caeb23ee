"""Blocks, and the one question of every message: may these two write to each other now (moderation.md M-23)."""
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Select, String, bindparam, select, union_all

from app.actor import Actor
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import Forbidden, NotFound, RuleViolated
from app.runtime import runtime
from blueprints.platform.auth.lending import lock_accounts, share_accounts, share_standings
from blueprints.platform.auth.rules import Standing
from blueprints.platform.people.blocking import OnBlock
from blueprints.platform.people.models import Block
from blueprints.platform.people.queries import blocked_among, inactive_among, is_gone_for_good

NO_SUCH_USER = "User not found"


def block_person(actor: Actor, user_id: str) -> Block:
    """Stop messages between the actor and this person, both ways; a second time changes nothing.

    What ties the two together in the realm is cut in the same transaction (NET-7).
    Raises NotFound when there is no such person, RuleViolated (BlocksOneself)."""
    if actor.is_user(user_id):
        raise RuleViolated("BlocksOneself", "Nobody can block themselves")
    blocker = str(actor.user_id)
    with unit_of_work(actor) as work:
        # Behind the accounts, so that a message that shares them is before the block, or refused.
        if user_id not in lock_accounts(work, {blocker, user_id}):
            raise NotFound(NO_SUCH_USER)
        block = work.find(Block, *_of(actor, user_id), lock=True)
        if block is None:
            block = work.insert(Block(realm=actor.realm, blocker_id=blocker, blocked_id=user_id))
        else:
            work.change(block, is_active=True)
        on_block = runtime().part(OnBlock)
        if on_block.realm == actor.realm:
            on_block.cut(work, blocker, user_id)
        work.commit()
    return block


def unblock_person(actor: Actor, user_id: str) -> Block:
    """Take back the actor's block of this person; raises NotFound when there is none."""
    with unit_of_work(actor) as work:
        block = work.find(Block, *_of(actor, user_id), lock=True)
        if block is None or not block.is_active:
            raise NotFound
        work.archive(block)
        work.commit()
    return block


def refuse_unwritable(work: UnitOfWork, recipient_id: str) -> None:
    """Refuse a message of the actor to this person unless both are active and neither has blocked the other.

    Both accounts stay as they are until the transaction ends. Raises NotFound when there is no such person, Forbidden
    (AccountInactive) for the actor, RuleViolated (RecipientUnavailable): the same for a block as for a suspension."""
    if unwritable_among(work, str(work.actor.user_id), {recipient_id}):
        raise RuleViolated("RecipientUnavailable", "This person cannot be written to at present")


def share_person(work: UnitOfWork, user_id: str) -> bool:
    """Return whether somebody active has this id, whose account stays as it is until the end.

    Raises Forbidden (AccountInactive) when it is the actor's own and not active."""
    is_there = user_id in share_accounts(work, {user_id}) and not inactive_among(work.actor.realm, {user_id})
    if not is_there and work.actor.is_user(user_id):
        raise Forbidden("errMsg_AccountInactive", "AccountInactive")
    return is_there


def refuse_gone(work: UnitOfWork, owner: Select[str]) -> None:
    """Refuse to bring back what somebody showed who is gone for good (decision 093); his account stays as it is until
    the end. Before the thing is locked.

    `owner` selects whose the thing is; no row where it may come back without its person. Raises RuleViolated
    (PersonGone)."""
    for user_id, in work.rows(owner):
        if user_id not in share_accounts(work, {user_id}) or is_gone_for_good(work.actor.realm, user_id):
            raise RuleViolated("PersonGone", "Whose it is, is gone for good")


def require_person(work: UnitOfWork, user_id: str) -> None:
    """The same, and raise NotFound when there is nobody active: before what an act is about is locked."""
    if not share_person(work, user_id):
        raise NotFound(NO_SUCH_USER)


def unwritable_among(work: UnitOfWork, sender_id: str, recipient_ids: Collection[str]) -> frozenset[str]:
    """Return which of these people the sender may not write to now: who is not active, or blocked with the sender.

    All accounts stay as they are until the transaction ends. Raises NotFound when somebody is not there, Forbidden
    (AccountInactive) for the sender."""
    realm, wanted, others = work.actor.realm, {sender_id, *recipient_ids}, set(recipient_ids)
    if others - share_accounts(work, wanted):
        raise NotFound(NO_SUCH_USER)
    inactive = inactive_among(realm, wanted)
    if sender_id in inactive:
        raise Forbidden("errMsg_AccountInactive", "AccountInactive")
    return inactive | blocked_among(realm, sender_id, others)


def share_traders(work: UnitOfWork, others: Select[Any], values: Mapping[str, Any],
                  trader_id: str | None = None) -> dict[str, Standing]:
    """Return id → standing of the actor (or of the trader for whom staff act) and of the people whose ids the query
    gives; they stay so until the end.

    Before any listing is locked: whoever suspends one of them has done so before, or waits (moderation.md, Locks). The
    query is built once, its parameters are `values`."""
    return share_standings(work, _with_actor(others), {**values, "actor_id": trader_id or work.actor.user_id})


@cache
def _with_actor(others: Select[Any]) -> CompoundSelect[Any]:
    return union_all(others, select(bindparam("actor_id", type_=String)))


def _of(actor: Actor, user_id: str) -> tuple[bool, ...]:
    return Block.realm == actor.realm, Block.blocker_id == actor.user_id, Block.blocked_id == user_id

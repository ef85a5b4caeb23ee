"""The writes of following: of a public page at once, of a private one when an admin has approved (NET-10).

Only who follows in fact is counted, and in the transaction that makes it so."""
from collections.abc import Callable, Sequence

from sqlalchemy import delete, select

from app.actor import Actor
from app.clock import now
from app.data.batches import repeat
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.version_keys import version_key
from app.errors import NotFound
from app.identity.access import acting_user, require_self
from blueprints.network.company.commands import (
    APPROVE_DUE,
    NO_SUCH_COMPANY,
    has_admin,
    require_company_admin,
    share_company,
)
from blueprints.network.company.counting import count
from blueprints.network.company.models import IS_REQUEST, CompanyFollower
from blueprints.network.company.rules import APPROVED, PUBLIC, REQUESTED, counts_as_follower, first_follow_state
from blueprints.platform.people.commands import require_person

_AT_ONCE = 200


def follow_company(actor: Actor, *, company_id: str, user_id: str | None = None,
                   id: str | None = None) -> CompanyFollower:
    """Follow a company, or ask to: `follow_state` of the row says which (NET-10).

    Raises NotFound (no such page, or held), Forbidden (another's name, AccountInactive), DuplicateRecord
    (AlreadyFollowing)."""
    user = acting_user(actor, user_id)
    with unit_of_work(actor) as work:
        require_person(work, user)
        company = share_company(work, company_id)
        if company.held is not None:
            raise NotFound(NO_SUCH_COMPANY)
        state = first_follow_state(company.page_visibility, is_admin=has_admin(work, company_id, user))
        follower = work.insert(CompanyFollower(id=id, company_id=company_id, user_id=user, followed_at=now(),
                                               follow_state=state))
        count(work, company_id, followers=int(state == APPROVED))
        work.commit()
    return follower


def unfollow_company(actor: Actor, company_follower_id: str) -> CompanyFollower:
    """Follow no longer, or take the request back; raises NotFound, Forbidden (another's)."""
    with unit_of_work(actor) as work:
        company_id = work.get(CompanyFollower, company_follower_id).company_id
        share_company(work, company_id)
        follower = work.lock(CompanyFollower, company_follower_id)
        require_self(actor, follower.user_id)
        _end(work, follower)
        work.commit()
    return follower


def approve_follower(actor: Actor, company_follower_id: str) -> CompanyFollower:
    """Let in who asked to follow a private page, as its admin; a second time changes nothing.

    Raises NotFound, Forbidden."""
    with unit_of_work(actor) as work:
        company_id = work.get(CompanyFollower, company_follower_id).company_id
        require_company_admin(work, company_id)
        follower = work.lock(CompanyFollower, company_follower_id)
        if follower.follow_state == REQUESTED:
            work.change(follower, follow_state=APPROVED)
            count(work, company_id, followers=1)
        work.commit()
    return follower


def remove_follower(actor: Actor, company_follower_id: str) -> CompanyFollower:
    """Refuse a request, or show a follower out, as an admin of the company; raises NotFound, Forbidden."""
    with unit_of_work(actor) as work:
        company_id = work.get(CompanyFollower, company_follower_id).company_id
        require_company_admin(work, company_id)
        follower = work.lock(CompanyFollower, company_follower_id)
        _end(work, follower)
        work.commit()
    return follower


def approve_waiting(work: UnitOfWork, company_id: str) -> None:
    """Let in whoever waits at a page that has become public, some in this transaction, the others owed anew."""
    try:
        company = share_company(work, company_id)
    except NotFound:
        return
    if company.page_visibility != PUBLIC:
        return
    waiting = work.all(select(CompanyFollower).where(CompanyFollower.company_id == company_id, IS_REQUEST)
                       .order_by(CompanyFollower.created_at, CompanyFollower.id).limit(_AT_ONCE), lock=True)
    work.change_all(waiting, follow_state=APPROVED)
    count(work, company_id, followers=len(waiting))
    if len(waiting) == _AT_ONCE:
        work.schedule(APPROVE_DUE, company_id, now())


def withdraw_follower(actor: Actor, user_id: str, cause: str | None) -> None:
    """End whatever somebody follows whose account staff deleted, some in a transaction, and count it no longer."""
    _take_out(actor, user_id, cause, _archive)


def forget_follower(actor: Actor, user_id: str, cause: str | None) -> None:
    """Remove the rows of a follower whose account is purged in the same way."""
    _take_out(actor, user_id, cause, _erase)


def _take_out(actor: Actor, user_id: str, cause: str | None,
              end: Callable[[UnitOfWork, Sequence[CompanyFollower]], None]) -> None:
    def some(work: UnitOfWork, size: int) -> int:
        # Locked, requests too: one that is approved meanwhile is approved before, or there no more.
        rows = work.all(select(CompanyFollower).where(
            CompanyFollower.user_id == user_id, CompanyFollower.is_active.is_(True))
            .order_by(CompanyFollower.company_id).limit(size), lock=True)
        counted = [row.company_id for row in rows if counts_as_follower(row.follow_state, row.is_active)]
        end(work, rows)
        for company_id in counted:
            count(work, company_id, followers=-1)
        work.invalidate(version_key(CompanyFollower))
        return len(rows)
    repeat(actor, some, size=_AT_ONCE, cause=cause)


def _archive(work: UnitOfWork, rows: Sequence[CompanyFollower]) -> None:
    for row in rows:
        work.archive(row)


def _erase(work: UnitOfWork, rows: Sequence[CompanyFollower]) -> None:
    work.execute(delete(CompanyFollower).where(CompanyFollower.id.in_([row.id for row in rows]))
                 .execution_options(synchronize_session=False))


def _end(work: UnitOfWork, follower: CompanyFollower) -> None:
    """Archive the locked row, and count it no longer."""
    was_counted = counts_as_follower(follower.follow_state, follower.is_active)
    work.archive(follower)
    count(work, follower.company_id, followers=-int(was_counted))

"""Who is told of companies: their admins of followers, and their followers of news, some in a transaction (NET-30)."""
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from blueprints.network.company.queries import admins_of, company_facts, followers_of
from blueprints.network.company.topics import ADMIN_CREATED, FOLLOWER_CREATED, UPDATE_CREATED
from blueprints.network.notices.telling import once_about, tell_of
from blueprints.network.notices.topics import FOLLOWERS_LEFT
from blueprints.platform.notification.notices import tell_all

AT_ONCE = 200
"""How many followers are told in one transaction."""


@subscribe(FOLLOWER_CREATED, name="notices.company-followed")
def tell_followed(work: UnitOfWork, event: Event) -> None:
    """Tell the admins of a company who follows it, or asks to (NET-10): each once, however often one leaves."""
    follower, about = event.payload, _about(event.payload["companyId"])
    if about is not None:
        once = once_about(event, "follower", follower["companyId"], follower["userId"], follower["followState"])
        tell_of(work, once, "COMPANY_FOLLOWED", follower["userId"], admins_of(follower["companyId"]),
                about | {"companyFollowerId": follower["id"], "followState": follower["followState"]})


@subscribe(ADMIN_CREATED, name="notices.company-admin-assigned")
def tell_admin_assigned(work: UnitOfWork, event: Event) -> None:
    """Tell whom somebody else made an admin (NET-9)."""
    admin, about = event.payload, _about(event.payload["companyId"])
    if about is not None:
        tell_of(work, event, "COMPANY_ADMIN_ASSIGNED", admin["assignedBy"], [admin["userId"]], about)


@subscribe(UPDATE_CREATED, name="notices.company-update-published")
def tell_followers(work: UnitOfWork, event: Event) -> None:
    """Tell the first followers of an update; its author knows. A block keeps nobody from a company's voice (NET-7)."""
    _tell_some(work, event, event.payload, "")


@subscribe(FOLLOWERS_LEFT, name="notices.followers-left")
def tell_more_followers(work: UnitOfWork, event: Event) -> None:
    """Tell the next followers of an update, as of the event that began it."""
    _tell_some(work, replace(event, event_id=event.payload["causeEventId"]), event.payload, event.payload["after"])


def _tell_some(work: UnitOfWork, event: Event, update: Mapping[str, Any], after: str) -> None:
    about = _about(update["companyId"], even_held=False)
    some = followers_of(update["companyId"], AT_ONCE, after)
    if about is None or not some:
        return
    tell_all(work, event, "COMPANY_UPDATE_PUBLISHED", set(some) - {update["authorUserId"]},
             about | {"companyUpdateId": update["id"]}, by_letter=True)
    if len(some) == AT_ONCE:
        work.emit(FOLLOWERS_LEFT, update["id"], {name: update[name] for name in ("id", "companyId", "authorUserId")} | {
            "causeEventId": event.event_id, "after": some[-1]})


def _about(company_id: str, *, even_held: bool = True) -> dict[str, Any] | None:
    """Return what the notices say of an active company; None of one that is gone, or held from who is told."""
    company = company_facts(company_id)
    is_told = company is not None and company.is_active and (even_held or not company.is_held)
    return {"companyId": company.id, "companyName": company.name} if company and is_told else None

"""Who administers and follows a company, and to whom its page is open: as queries and conditions that get, list and
every service above ask (NET-10, NET-11, NET-14)."""
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, exists, not_, or_, select, union_all

from app.data.columns import constant
from app.data.held import is_free
from blueprints.network.company.models import Company, CompanyAdmin, CompanyFollower
from blueprints.network.company.rules import APPROVED, PUBLIC


def administered_by(user_id: str | ColumnElement[str] | None) -> Select[tuple[str]]:
    """Return the query of the ids of the active companies that this person administers now."""
    return (select(CompanyAdmin.company_id).join(Company, Company.id == CompanyAdmin.company_id)
            .where(CompanyAdmin.user_id == user_id, CompanyAdmin.is_active.is_(True), Company.is_active.is_(True)))


def all_administered_by(user_id: str | ColumnElement[str] | None) -> Select[tuple[str]]:
    """Return the same with the deleted ones, whose admins still read what was received (NET-11)."""
    return select(CompanyAdmin.company_id).where(CompanyAdmin.user_id == user_id, CompanyAdmin.is_active.is_(True))


def followed_by(user_id: str | ColumnElement[str] | None) -> Select[tuple[str]]:
    """Return the query of the ids of the companies that this person follows; who waits for an admin does not yet."""
    return select(CompanyFollower.company_id).where(
        CompanyFollower.user_id == user_id, CompanyFollower.is_active.is_(True),
        CompanyFollower.follow_state == constant(APPROVED))


def opened_to(user_id: str | ColumnElement[str] | None) -> CompoundSelect[tuple[str]]:
    """Return the query of the ids of the companies whose private pages this person sees: as admin or as follower."""
    return union_all(all_administered_by(user_id), followed_by(user_id))


def page_is_open(company_id: Any, user_id: str | ColumnElement[str] | None) -> ColumnElement[bool]:
    """Return the condition that the page of the company in this column may be seen by this person (NET-14).

    It is active, nothing holds it, and it is public or opened to the person. superAdmin passes by the caller's rule."""
    return exists(open_pages(user_id).where(Company.id == company_id))


def open_pages(user_id: str | ColumnElement[str] | None) -> Select[tuple[str]]:
    """Return the query of the ids of the companies whose pages this person may see."""
    return shown_pages().where(or_(Company.page_visibility == constant(PUBLIC), Company.id.in_(opened_to(user_id))))


def page_is_shown(company_id: Any) -> ColumnElement[bool]:
    """Return the condition that the company in this column is active, and nothing holds it."""
    return exists(shown_pages().where(Company.id == company_id))


def shown_pages() -> Select[tuple[str]]:
    """Return the query of the ids of the companies that are active, and that nothing holds."""
    return select(Company.id).where(Company.is_active.is_(True), is_free(Company))


def page_is_held(company_id: Any) -> ColumnElement[bool]:
    """Return the condition that moderation holds the page of the company in this column."""
    return exists(held_pages().where(Company.id == company_id))


def held_pages() -> Select[tuple[str]]:
    """Return the query of the ids of the companies that moderation holds."""
    return select(Company.id).where(not_(is_free(Company)))


def is_of_active_company(company_id: Any) -> ColumnElement[bool]:
    """Return the condition that the company in this column is active."""
    return exists(select(Company.id).where(Company.id == company_id, Company.is_active.is_(True)))

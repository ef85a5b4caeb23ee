"""Who sees pages, who administers and follows them, and their news (NET-10, NET-11, NET-14)."""
from sqlalchemy import select

from app.data.held import viewer_of_role
from app.data.visibility import Visibility, all_of, any_of, ids_of_caller, is_, me, member, super_admin
from blueprints.network.company.models import Company, CompanyAdmin, CompanyFollower, CompanyUpdate
from blueprints.network.company.rights import (
    administered_by,
    all_administered_by,
    held_pages,
    is_of_active_company,
    open_pages,
    opened_to,
    page_is_held,
    page_is_open,
    page_is_shown,
    shown_pages,
)
from blueprints.network.company.rules import PUBLIC
from blueprints.platform.people.visibility import is_not_at_rest

_PAGES, _ADMINS, _FOLLOWERS = ("rows:company",), ("rows:companyAdmin",), ("rows:companyFollower",)

ADMINISTERED = ids_of_caller("companies that the caller administers", lambda actor: administered_by(actor.user_id),
                             depends_on=_PAGES + _ADMINS)
ALL_ADMINISTERED = ids_of_caller("the same with deleted ones", lambda actor: all_administered_by(actor.user_id),
                                 depends_on=_ADMINS)
OPENED = ids_of_caller("companies whose private pages the caller sees", lambda actor: opened_to(actor.user_id),
                       depends_on=_ADMINS + _FOLLOWERS)
OPEN_PAGES = ids_of_caller(
    "companies whose pages the caller sees", lambda actor: open_pages(actor.user_id),
    condition=lambda actor, company_id: page_is_open(company_id, actor.user_id),
    depends_on=_PAGES + _ADMINS + _FOLLOWERS)
SHOWN_PAGES = ids_of_caller("companies that are active and free", lambda actor: shown_pages(),
                            condition=lambda actor, company_id: page_is_shown(company_id), depends_on=_PAGES)
HELD_PAGES = ids_of_caller("companies that moderation holds", lambda actor: held_pages(),
                           condition=lambda actor, company_id: page_is_held(company_id), depends_on=_PAGES)
_ACTIVE = ids_of_caller("companies that are not deleted", lambda actor: select(Company.id).where(
    Company.is_active.is_(True)), condition=lambda actor, company_id: is_of_active_company(company_id),
    depends_on=_PAGES)

IS_PUBLIC = is_("pageVisibility", PUBLIC)
COMPANIES = Visibility(Company, any_of(IS_PUBLIC, member("id", OPENED)), sees_all=super_admin,
                       sees_held=viewer_of_role)
ADMINS = Visibility(CompanyAdmin, member("companyId", ADMINISTERED), sees_all=super_admin,
                    there=member("companyId", _ACTIVE))
FOLLOWERS = Visibility(CompanyFollower, any_of(me("userId"), member("companyId", ADMINISTERED)), sees_all=super_admin,
                       there=member("companyId", _ACTIVE))
# A block is no part of it: a company's voice is heard by everybody (NET-7).
PAGE_IS_THERE, PAGE_IS_OPEN = member("companyId", _ACTIVE), member("companyId", OPEN_PAGES)
NEWS_IS_OPEN = any_of(is_("visibility", PUBLIC), member("companyId", OPENED))
UPDATES = Visibility(
    CompanyUpdate, any_of(member("companyId", ADMINISTERED), all_of(
        is_not_at_rest("authorUserId"), PAGE_IS_OPEN, NEWS_IS_OPEN)),
    sees_all=super_admin, there=PAGE_IS_THERE)

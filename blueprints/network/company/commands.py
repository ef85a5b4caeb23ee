"""The writes of company pages and their admins (rules-network §1B–1D, NET-9, NET-12, NET-13).

A command that acts for a company asks require_company_admin; one that changes its page or its admins locks it."""
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import NotFound, RuleViolated
from app.identity.access import acting_user, require
from app.plain_text import identifier_key
from blueprints.network.company.models import Company, CompanyAdmin
from blueprints.network.company.queries import CompanyFacts
from blueprints.network.company.rules import PRIVATE, PUBLIC, is_held_from
from blueprints.platform.people.commands import NO_SUCH_USER, require_person, share_person
from blueprints.platform.people.queries import inactive_among, is_blocked_between

APPROVE_DUE = "approve-company-followers"
NO_SUCH_COMPANY = "Company not found"


def require_company_admin(work: UnitOfWork, company_id: str) -> CompanyFacts:
    """Return the facts of an active company for which the actor may act; page and right stay so until the end.

    Before anything that is locked behind companies (app/data/lock_order.py). superAdmin passes. Raises NotFound,
    Forbidden."""
    return require_admin_of_each(work, [company_id])[company_id]


def require_admin_of_each(work: UnitOfWork, company_ids: Iterable[str]) -> dict[str, CompanyFacts]:
    """Return id → facts of several companies, and hold the same of each; raises NotFound, Forbidden."""
    shared = [share_company(work, company_id) for company_id in sorted(company_ids)]
    return {company.id: _facts(_administered(work, company)) for company in shared}


def share_facts(work: UnitOfWork, company_id: str) -> CompanyFacts | None:
    """Return the facts of a company, deleted ones too, which stay so until the end; None where there never was one."""
    found = work.share(select(Company).where(Company.id == company_id))
    return _facts(found[0]) if found else None


def share_company(work: UnitOfWork, company_id: str) -> Company:
    """Return an active company, held ones too, which stays as it is until the end; raises NotFound."""
    found = work.share(select(Company).where(Company.id == company_id, Company.is_active.is_(True)))
    if not found:
        raise NotFound(NO_SUCH_COMPANY)
    return found[0]


def has_admin(work: UnitOfWork, company_id: str, user_id: str | None) -> bool:
    """Return whether this person administers the company; the right stays until the end."""
    return bool(work.share(_admins(company_id).where(CompanyAdmin.user_id == user_id)))


def create_company(actor: Actor, *, name: str, created_by_user_id: str | None = None, page_visibility: str = PUBLIC,
                   id: str | None = None, **values: Any) -> Company:
    """Make a page, whose founder is its first admin (C-1).

    Raises Forbidden (another's name, AccountInactive), NotFound (superAdmin names nobody), DuplicateRecord
    (CompanyNameTaken)."""
    founder = acting_user(actor, created_by_user_id)
    with unit_of_work(actor) as work:
        require_person(work, founder)
        company = work.insert(Company(
            id=id, name=name, name_key=identifier_key(name), created_by_user_id=founder,
            page_visibility=page_visibility, **values))
        work.insert(CompanyAdmin(company_id=company.id, user_id=founder, assigned_by=actor.user_id or founder,
                                 assigned_at=now()))
        work.commit()
    return company


def change_company(actor: Actor, company_id: str, **values: Any) -> Company:
    """Change the given properties of a page; one that becomes public lets in whoever waits.

    Raises NotFound, Forbidden, DuplicateRecord (CompanyNameTaken)."""
    with unit_of_work(actor) as work:
        company = lock_company(work, company_id)
        opens = company.page_visibility == PRIVATE and values.get("page_visibility") == PUBLIC
        if "name" in values:
            values["name_key"] = identifier_key(values["name"])
        work.change(company, **values)
        if opens:
            work.schedule(APPROVE_DUE, company_id, now())
        work.commit()
    return company


def delete_company(actor: Actor, company_id: str) -> Company:
    """Soft-delete a page: what is the company's is no longer seen, its rows stay (C-12). Raises NotFound, Forbidden."""
    with unit_of_work(actor) as work:
        company = work.archive(lock_company(work, company_id))
        work.commit()
    return company


def assign_admin(actor: Actor, *, company_id: str, user_id: str, assigned_by: str | None = None,
                 id: str | None = None) -> CompanyAdmin:
    """Give a person the right to act for the company, without asking them (NET-9); staff do so for an orphaned page.

    Raises NotFound (no such page; nobody active, or somebody blocked), Forbidden, DuplicateRecord
    (CompanyAdminExists)."""
    assigner = acting_user(actor, assigned_by)
    with unit_of_work(actor) as work:
        is_there = share_person(work, user_id)  # before the company, by the order of locks
        company = lock_company(work, company_id, or_orphaned=True)
        if not is_there or is_blocked_between(actor.realm, assigner, user_id):
            raise NotFound(NO_SUCH_USER)
        admin = work.insert(CompanyAdmin(id=id, company_id=company_id, user_id=user_id, assigned_by=assigner,
                                         assigned_at=now()))
        work.change(company, orphaned_at=None)
        work.commit()
    return admin


def remove_admin(actor: Actor, company_admin_id: str) -> CompanyAdmin:
    """Take the right away, from oneself or another, while another active admin remains (NET-9).

    Raises NotFound, Forbidden, RuleViolated (LastCompanyAdmin)."""
    with unit_of_work(actor) as work:
        company_id = work.get(CompanyAdmin, company_admin_id).company_id
        lock_company(work, company_id)
        admin = work.lock(CompanyAdmin, company_admin_id)
        others = {other.user_id for other in work.all(_admins(company_id)) if other.id != admin.id}
        if not others - inactive_among(actor.realm, others):
            raise RuleViolated("LastCompanyAdmin", "A company keeps at least one active admin")
        work.archive(admin)
        work.commit()
    return admin


def lock_company(work: UnitOfWork, company_id: str, *, or_orphaned: bool = False) -> Company:
    """Return a company for which the actor may act, locked; with `or_orphaned` also staff, where nobody else may.

    Raises NotFound, Forbidden."""
    company = work.lock(Company, company_id, archived_too=True)
    if not company.is_active:
        raise NotFound(NO_SUCH_COMPANY)
    if or_orphaned and work.actor.is_staff and company.orphaned_at is not None:
        return company
    return _administered(work, company)


def _administered(work: UnitOfWork, company: Company) -> Company:
    """Return it if the actor may act for it; what moderation hides from everybody else its admins still mend."""
    actor = work.actor
    is_own = actor.is_super_admin or has_admin(work, company.id, actor.user_id)
    if is_held_from(company.held, is_own=is_own, is_staff=actor.is_staff):
        raise NotFound(NO_SUCH_COMPANY)
    require(is_own, "errMsg_OnlyCompanyAdmins")
    return company


def _facts(company: Company) -> CompanyFacts:
    return CompanyFacts(company.id, company.name, company.page_visibility, company.is_active)


def _admins(company_id: str) -> Any:
    return select(CompanyAdmin).where(CompanyAdmin.company_id == company_id, CompanyAdmin.is_active.is_(True))

"""Pages whose last admin's account has ended: they stay, staff are told and assign somebody (NET-9)."""
import logging
from collections.abc import Collection

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.data.reads import fetch
from app.data.serialization import Wire
from app.data.unit_of_work import unit_of_work
from app.ops.findings import MOST_NAMED, some_of
from blueprints.network.company.models import Company
from blueprints.network.company.queries import admins_of
from blueprints.network.company.topics import COMPANY_ORPHANED
from blueprints.platform.people.queries import ended_among

_log = logging.getLogger(__name__)


def look_at_admins(actor: Actor, company_ids: Collection[str]) -> int:
    """Note of each company whether an account of its admins still lives; returns how many have none any more.

    Each in a transaction, under the company's lock: who is assigned meanwhile is before it, or finds it noted."""
    orphaned = 0
    for company_id in sorted(company_ids):
        with unit_of_work(actor) as work:
            company = work.lock(Company, company_id, archived_too=True)
            admins = set(admins_of(company_id))
            is_orphan = company.is_active and not admins - ended_among(actor.realm, admins)
            if is_orphan and company.orphaned_at is None:
                work.change(company, orphaned_at=now())
                work.emit(COMPANY_ORPHANED, company_id, {"companyId": company_id, "name": company.name})
                _log.warning("nobody administers company %s any more: flask moderate assign-admin", company_id)
                orphaned += 1
            elif not is_orphan:
                work.change(company, orphaned_at=None)
            work.commit()
    return orphaned


def orphaned_companies(limit: int) -> list[Wire]:
    """Return id, name and since when of the active pages that nobody administers, the longest first."""
    rows = fetch(select(Company.id, Company.name, Company.orphaned_at).where(
        Company.orphaned_at.is_not(None), Company.is_active.is_(True))
        .order_by(Company.orphaned_at, Company.id).limit(limit))
    return [{"id": row.id, "name": row.name, "since": iso(row.orphaned_at)} for row in rows]


def check_orphans() -> tuple[str, str]:
    """Return what `flask doctor` says of pages that nobody administers: ok or warn, and a sentence."""
    found = orphaned_companies(MOST_NAMED + 1)
    if not found:
        return "ok", "each page has an admin"
    named = some_of([f"{row['name']} ({row['id']})" for row in found])
    return "warn", f"nobody administers {named}: flask moderate assign-admin"

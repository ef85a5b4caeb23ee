"""A company page as staff judge it: the page, and the words of what it published (moderation.md M-1, M-30)."""

from sqlalchemy import select

from app.actor import Actor
from app.data.columns import iso
from app.data.moderated_kinds import Decide, Subject
from app.data.object_commands import hold_object, restore_object
from app.data.reads import fetch, find_any_row
from app.data.unit_of_work import UnitOfWork
from blueprints.network.company.models import Company, CompanyUpdate
from blueprints.network.company.queries import admins_of, is_opened
from blueprints.network.company.rules import PUBLIC

_UPDATES_READ = 20


def company_subject(actor: Actor, company_id: str) -> Subject | None:
    """Return a page with its latest updates, which have no kind of their own; None where there is none.

    It concerns its founder while he administers it, else the first of its admins. A private page is reported by whom
    it is open to."""
    row = find_any_row(Company, company_id)
    if row is None:
        return None
    admins, latest = admins_of(company_id), _latest_updates(company_id)
    concerned = row["createdByUserId"] if row["createdByUserId"] in admins else next(iter(admins), None)
    parties = None
    if row["pageVisibility"] != PUBLIC:
        parties = frozenset({str(actor.user_id)} if is_opened(company_id, actor) else ())
    words = [row["name"], row["location"], row["industry"], row["description"], *(one["content"] for one in latest)]
    return Subject(row["name"], concerned, row | {"updates": latest}, words="\n".join(filter(None, words)),
                   parties=parties, held=row["held"], is_active=row["isActive"])


def hold_company(work: UnitOfWork, company_id: str, decide: Decide) -> list[str]:
    """Hold a page, or let it go: whatever is the company's is seen with it. Raises NotFound."""
    return hold_object(work, Company, company_id, decide)


def restore_company(actor: Actor, company_id: str) -> bool:
    """Bring a deleted page back; returns whether it was gone. Raises NotFound, DuplicateRecord (CompanyNameTaken)."""
    return restore_object(actor, Company, company_id)


def _latest_updates(company_id: str) -> list[dict[str, str | None]]:
    rows = fetch(select(CompanyUpdate.id, CompanyUpdate.content, CompanyUpdate.visibility, CompanyUpdate.author_user_id,
                        CompanyUpdate.created_at)
                 .where(CompanyUpdate.company_id == company_id, CompanyUpdate.is_active.is_(True))
                 .order_by(CompanyUpdate.created_at.desc(), CompanyUpdate.id.desc()).limit(_UPDATES_READ))
    return [{"id": row.id, "content": row.content, "visibility": row.visibility, "authorUserId": row.author_user_id,
             "createdAt": iso(row.created_at)} for row in rows]

"""The writes of updates: the company's current admins publish, change and delete them, whoever wrote them (NET-12)."""
from collections.abc import Sequence
from typing import Any

from app.actor import Actor
from app.data.list_values import merged_list
from app.data.unit_of_work import unit_of_work
from app.identity.access import acting_user
from blueprints.network.company.commands import require_company_admin
from blueprints.network.company.counting import count
from blueprints.network.company.models import CompanyUpdate
from blueprints.network.company.rules import MOST_ATTACHMENTS, PUBLIC, counts_as_update
from blueprints.platform.people.commands import require_person


def publish_update(actor: Actor, *, company_id: str, content: str, author_user_id: str | None = None,
                   attachment_urls: Sequence[str] = (), visibility: str = PUBLIC,
                   id: str | None = None) -> CompanyUpdate:
    """Publish news in the name of a company.

    Raises NotFound, Forbidden (no admin, another's name, AccountInactive)."""
    author = acting_user(actor, author_user_id)
    with unit_of_work(actor) as work:
        require_person(work, author)
        require_company_admin(work, company_id)
        update = work.insert(CompanyUpdate(id=id, company_id=company_id, content=content, author_user_id=author,
                                           attachment_urls=list(attachment_urls), visibility=visibility))
        count(work, company_id, updates=int(counts_as_update(visibility, True)))
        work.commit()
    return update


def change_update(actor: Actor, company_update_id: str, **values: Any) -> CompanyUpdate:
    """Change text, attachments (whole, `_append`, `_remove`) or visibility of an update.

    Raises NotFound, Forbidden, RuleViolated (TooManyValues)."""
    with unit_of_work(actor) as work:
        company_id = work.get(CompanyUpdate, company_update_id).company_id
        require_company_admin(work, company_id)
        update = work.lock(CompanyUpdate, company_update_id)
        before = counts_as_update(update.visibility, update.is_active)
        work.change(update, **merged_list(values, "attachment_urls", update.attachment_urls, most=MOST_ATTACHMENTS))
        count(work, company_id, updates=counts_as_update(update.visibility, update.is_active) - before)
        work.commit()
    return update


def delete_update(actor: Actor, company_update_id: str) -> CompanyUpdate:
    """Soft-delete an update; raises NotFound, Forbidden."""
    with unit_of_work(actor) as work:
        company_id = work.get(CompanyUpdate, company_update_id).company_id
        require_company_admin(work, company_id)
        update = work.lock(CompanyUpdate, company_update_id)
        was_counted = counts_as_update(update.visibility, update.is_active)
        work.archive(update)
        count(work, company_id, updates=-int(was_counted))
        work.commit()
    return update

"""What is done with a person as a whole: the entry that an export leaves, and the end of an account (decision 099)."""
from typing import Any

from sqlalchemy import func, or_, select

from app.actor import Actor
from app.data.holdings import handed_down
from app.data.person_rows import Obligations, PersonTables
from app.data.reads import fetch
from app.data.staff_changes import StaffAudit
from app.data.unit_of_work import unit_of_work
from app.errors import RuleViolated
from app.identity.access import require
from app.identity.roles import SUPER_ADMIN
from app.identity.security_events import record_security
from app.identity.sessions import end_sessions_of
from app.jobs.schedule import run_soon
from app.runtime import runtime
from blueprints.platform.auth.credentials import require_password
from blueprints.platform.auth.models import Account, account_model
from blueprints.platform.auth.rules import LONG_AGO

PURGE = "purge-archived"


def note_export(actor: Actor, user_id: str) -> None:
    """Write down that a person's export is made; raises NotFound, and Forbidden but for the person and superAdmin.

    Admins get none: it has messages, which they open one at a time (M-22)."""
    with unit_of_work(actor) as work:
        work.lock(account_model(actor.realm), user_id, archived_too=True)
        require(actor.is_super_admin or actor.is_user(user_id))
        record_security(work, "account", user_id, exported=True)
        if actor.is_person_of_staff and not actor.is_user(user_id):
            handed_down(StaffAudit).say(work, "person.exported", userId=user_id)
        work.commit()


def erase_account(actor: Actor, user_id: str, *, proven_hash: str | None = None) -> bool:
    """End an account for good; the rows go by the next purge, within minutes. False when that was decided before.

    Its own person proves the password; of others superAdmin alone. Nobody restores it from now on, by login neither.
    Raises NotFound, Forbidden, and RuleViolated SuperAdminCantBeErased, or PersonIsOwedTo that names what others wait
    for."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id, archived_too=True)
        require(actor.is_super_admin or actor.is_user(user_id))
        if actor.operator is None:
            require_password(actor, account, proven_hash)
        is_new = account.archived_at != LONG_AGO
        if is_new:
            _refuse_who_is_needed(actor, account)
            record_security(work, "account", user_id, erased=True)
            if actor.is_person_of_staff and not actor.is_user(user_id):
                handed_down(StaffAudit).say(work, "person.erased", userId=user_id)
            work.change(account, archived_at=LONG_AGO)
            if account.is_active:
                work.archive(account)
            end_sessions_of(work, actor.realm, user_id)
        run_soon(work, PURGE)
        work.commit()
    return is_new


def fates_of(realm: str, user_id: str) -> list[dict[str, Any]]:
    """Return what becomes of the rows that name a person, with how many there are: what stays first."""
    found = []
    for table in runtime().part(PersonTables):
        if getattr(table.model, "__realm__", realm) != realm or not table.people:
            continue
        model: Any = table.model
        where = [or_(*(getattr(model, name) == user_id for name in table.people)),
                 *([model.realm == realm] if hasattr(model, "realm") else [])]
        if rows := fetch(select(func.count().label("rows")).select_from(model).where(*where))[0].rows:
            found.append({"table": model.__tablename__, "rows": rows, "become": table.fate, "why": table.why})
    return sorted(found, key=lambda one: (one["become"] == "erased", one["table"]))


def _refuse_who_is_needed(actor: Actor, account: Account) -> None:
    if account.role_id == SUPER_ADMIN:
        raise RuleViolated("SuperAdminCantBeErased", "the realm's superAdmin cannot be erased")
    realm = account.realm_of_row
    known = {of_staff: [sentence for one in runtime().part(Obligations) if one.of_staff is of_staff
                        for sentence in one.owed(realm, account.id)] for of_staff in (False, True)}
    owed = known[False] or known[True] if actor.is_user(account.id) else known[False] + known[True]
    if owed:
        raise RuleViolated("PersonIsOwedTo", f"others wait for this person: {'; '.join(owed)}")

"""Writes of accounts (rules-platform §3.6). Passwords arrive hashed: no transaction waits for the 20 ms that takes."""
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.actor import Actor, system_actor
from app.clock import now
from app.data.columns import iso
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import Forbidden, InvalidInput, RuleViolated
from app.identity.access import require_self
from app.identity.passwords import ChosenPassword
from app.identity.roles import ASSIGNABLE, SUPER_ADMIN, SUPER_ADMIN_EMAIL, SUPER_ADMIN_ID, outranks
from app.identity.sessions import end_sessions_of, user_version_key
from app.runtime import runtime
from blueprints.platform.auth.models import Account, account_model
from blueprints.platform.auth.rules import gravatar_url, is_restorable, normal_mobile
from blueprints.platform.auth.topics import purged_topic, standing_topic

_PURGE_BATCH = 200
LOCK_ENDS = "lock-ends"


def register_user(actor: Actor, *, email: str, password_hash: str, fullname: str, **face: Any) -> Account:
    """Create an unverified account for a visitor; raises RuleViolated YourProfileIsArchivedPleaseLoginToRestore."""
    return _create(actor, "YourProfileIsArchivedPleaseLoginToRestore", email=email, password=password_hash,
                   fullname=fullname, **face)


def create_user(actor: Actor, *, email: str, password_hash: str, fullname: str, id: str | None = None,
                **face: Any) -> Account:
    """Create an unverified account by staff; raises RuleViolated ThisProfileIsArchivedPleaseLoginToRestore."""
    return _create(actor, "ThisProfileIsArchivedPleaseLoginToRestore", id=id, email=email, password=password_hash,
                   fullname=fullname, **face)


def enrol_user(actor: Actor, *, email: str, password_hash: str, fullname: str, role_id: str, email_verified: bool,
               **face: Any) -> Account:
    """Create an account as the operator wants it; raises as create_user, and InvalidInput for a role that is none."""
    _require_assignable(role_id)
    return _create(actor, "ThisProfileIsArchivedPleaseLoginToRestore", email=email, password=password_hash,
                   fullname=fullname, role_id=role_id, email_verified=email_verified, **face)


def update_profile(actor: Actor, user_id: str, **face: Any) -> Account:
    """Change the actor's own face: fullname, avatar, and what the realm adds; raises NotFound, Forbidden."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        require_self(actor, user_id)
        _change_face(work, account, face)
        work.commit()
    return account


def update_user(actor: Actor, user_id: str, **face: Any) -> Account:
    """Change the face of a user the actor outranks; raises NotFound, RuleViolated AHigherUserRoleCantBeChanged."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        _require_outranked(actor, account, "AHigherUserRoleCantBeChanged")
        _change_face(work, account, face)
        work.commit()
    return account


def update_user_role(actor: Actor, user_id: str, role_id: str) -> Account:
    """Make a user admin or user again; only above both roles (rules-platform §3.6). Live sessions see it at once."""
    if not outranks(actor.role, role_id):
        raise _refusal("AHigherRoleCantBeAssigned")
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        _require_assignable(role_id)
        _require_outranked(actor, account, "AHigherUserRoleCantBeChanged")
        work.change(account, role_id=role_id)
        work.invalidate(user_version_key(user_id))
        work.commit()
    return account


def change_password(actor: Actor, user_id: str, *, proven_hash: str | None, chosen: ChosenPassword) -> Account:
    """Replace the actor's own password and end its other sessions; raises Forbidden TheOldPasswordDoesNotMatch.

    `proven_hash` is the stored hash the old password was found to match, so that a rival change in between counts."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        require_self(actor, user_id)
        _require_strong(chosen, "newPassword")
        if actor.is_user(user_id) and account.password != proven_hash:
            raise Forbidden("TheOldPasswordDoesNotMatch", "TheOldPasswordDoesNotMatch")
        _replace_password(work, account, chosen.hash, keep=actor.session_id)
        work.commit()
    return account


def set_password_by_admin(actor: Actor, user_id: str, *, chosen: ChosenPassword) -> Account:
    """Replace the password of a user the actor outranks and end that user's sessions."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        _require_outranked(actor, account, "AHigherUserCantBeUpdated")
        _require_strong(chosen, "password")
        _replace_password(work, account, chosen.hash)
        work.commit()
    return account


def reset_password(actor: Actor, user_id: str, *, new_hash: str, by_email: bool) -> Account:
    """Replace a forgotten password after a verification code; only the code sent by e-mail verifies the e-mail."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        if by_email:
            work.change(account, email_verified=True)
        _replace_password(work, account, new_hash)
        work.commit()
    return account


def verify_email(actor: Actor, user_id: str) -> Account:
    """Record that the user owns the e-mail."""
    return _verify(actor, user_id, email_verified=True)


def verify_mobile(actor: Actor, user_id: str) -> Account:
    """Record that the user owns the phone (realms with one)."""
    return _verify(actor, user_id, mobile_verified=True)


def delete_user(actor: Actor, user_id: str) -> Account:
    """Soft-delete a user the actor outranks, for good; raises RuleViolated SuperAdminCantBeDeleted and by rank."""
    if user_id == SUPER_ADMIN_ID:
        raise _refusal("SuperAdminCantBeDeleted")
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        _require_outranked(actor, account, "AHigherUserCantBeDeleted")
        work.archive(account)
        end_sessions_of(work, actor.realm, user_id)
        work.commit()
    return account


def archive_profile(actor: Actor, user_id: str) -> Account:
    """Put the actor's own account to sleep; a login within ARCHIVE_DAYS wakes it (rules-platform §3.4)."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        require_self(actor, user_id)
        if user_id == SUPER_ADMIN_ID:
            raise _refusal("SuperAdminCantBeDeleted")
        work.change(account, archived_at=now())
        work.archive(account)
        end_sessions_of(work, actor.realm, user_id)
        work.commit()
    return account


def lock_user(actor: Actor, user_id: str, until: datetime | None) -> Account:
    """Keep a user out until then (None lets it in again); raises RuleViolated AHigherUserCantBeLocked."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        _require_outranked(actor, account, "AHigherUserCantBeLocked")
        work.change(account, locked_until=until)
        work.schedule(LOCK_ENDS, user_id, until)
        work.emit(standing_topic(actor.realm, "unlocked" if until is None else "locked"), user_id,
                  {"id": user_id, "lockedUntil": iso(until)})
        if until is not None:
            end_sessions_of(work, actor.realm, user_id)
        work.commit()
    return account


def end_lock(work: UnitOfWork, user_id: str) -> None:
    """Say that a lock has ended by the clock, so that what rested is shown again; anything else changes nothing."""
    account = work.find(account_model(work.actor.realm), account_model(work.actor.realm).id == user_id, lock=True)
    if account is None or account.locked_until is None or account.locked_until > now():
        return
    work.change(account, locked_until=None)
    work.emit(standing_topic(work.actor.realm, "unlocked"), user_id, {"id": user_id, "lockedUntil": None})


def ensure_super_admin(realm: str, password_hash: str) -> bool:
    """Create the realm's one superAdmin unless it exists; tell whether it was created (rules-platform §3.1)."""
    model = account_model(realm)
    with unit_of_work(system_actor(realm)) as work:
        is_missing = work.find(model, model.id == SUPER_ADMIN_ID) is None
        if is_missing:
            work.insert(model(
                id=SUPER_ADMIN_ID, email=SUPER_ADMIN_EMAIL, password=password_hash, fullname="Super Admin",
                avatar=gravatar_url(SUPER_ADMIN_EMAIL), role_id=SUPER_ADMIN, email_verified=True))
        work.commit()
    return is_missing


def purge_archived(realm: str) -> int:
    """Delete for good the accounts archived longer than ARCHIVE_DAYS ago; return how many (daily job)."""
    purged = 0
    while True:
        batch = _purge_some(realm)
        purged += batch
        if batch < _PURGE_BATCH:
            return purged


def _create(actor: Actor, archived_refusal: str, *, email: str, id: str | None = None, avatar: str | None = None,
            phone: str | None = None, address: dict[str, Any] | None = None, **values: Any) -> Account:
    model = account_model(actor.realm)
    with unit_of_work(actor) as work:
        archived = work.find(model, model.email == email, model.archived_at.is_not(None), lock=True)
        if archived is not None:
            _make_room(work, archived, archived_refusal)
        account = work.insert(model(id=id, email=email, avatar=avatar or gravatar_url(email), **values))
        _change_face(work, account, {"phone": phone, "address": address})
        work.flush()
        work.commit()
    return account


def _make_room(work: UnitOfWork, archived: Account, refusal: str) -> None:
    """Refuse while the archived owner of the e-mail may still return; else purge it now instead of tonight."""
    if is_restorable(archived.archived_at, now(), runtime().settings.archive_days):
        raise _refusal(refusal)
    _purge(work, archived)
    # The unit of work inserts before it deletes; the e-mail must be free by then.
    work.flush()


def _change_face(work: UnitOfWork, account: Account, face: dict[str, Any]) -> None:
    shown = {name: value for name, value in face.items()
             if value is not None and name in ("fullname", "avatar", *account.__extras__)}
    if shown.get("phone") not in (None, getattr(account, "phone", None)):
        shown |= {"phone_digits": normal_mobile(shown["phone"]), "mobile_verified": False}
    work.change(account, **shown)
    work.invalidate(user_version_key(account.id))


def _replace_password(work: UnitOfWork, account: Account, new_hash: str, *, keep: str | None = None) -> None:
    work.change(account, password=new_hash)
    end_sessions_of(work, work.actor.realm, account.id, keep=keep)


def _verify(actor: Actor, user_id: str, **facts: bool) -> Account:
    with unit_of_work(actor) as work:
        account = work.change(work.lock(account_model(actor.realm), user_id), **facts)
        work.invalidate(user_version_key(user_id))
        work.commit()
    return account


def _purge_some(realm: str) -> int:
    model = account_model(realm)
    oldest = now() - timedelta(days=runtime().settings.archive_days)
    with unit_of_work(system_actor(realm)) as work:
        query = select(model).where(model.archived_at < oldest).limit(_PURGE_BATCH)
        gone = work.all(query, lock=True)
        for account in gone:
            _purge(work, account)
        work.commit()
    return len(gone)


def _purge(work: UnitOfWork, account: Account) -> None:
    """Delete the row; the services that keep something of the user hear `user-purged`."""
    work.delete(account)
    work.emit(purged_topic(work.actor.realm), account.id, {"id": account.id})


def _require_strong(chosen: ChosenPassword, field: str) -> None:
    if chosen.weakness is not None:
        raise InvalidInput(f"{field}: {chosen.weakness}", detail={field: chosen.weakness})


def _require_assignable(role_id: str) -> None:
    if role_id not in ASSIGNABLE:
        raise InvalidInput("errMsg_roleIdisNotValid", detail={"roleId": f"expected one of {', '.join(ASSIGNABLE)}"})


def _require_outranked(actor: Actor, account: Account, refusal: str) -> None:
    if not outranks(actor.role, account.role_id):
        raise _refusal(refusal)


def _refusal(key: str) -> RuleViolated:
    return RuleViolated(key, key)

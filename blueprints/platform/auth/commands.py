"""Writes of accounts (rules-platform §3.6). Passwords arrive hashed: no transaction waits for the 20 ms that takes."""
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select

from app.actor import Actor, system_actor
from app.clock import now
from app.data.batches import purge
from app.data.columns import iso
from app.data.holdings import handed_down
from app.data.person_rows import NOBODY, PersonTables, forget_at_once
from app.data.reads import fetch
from app.data.staff_changes import StaffAudit
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.version_keys import version_key
from app.errors import DuplicateRecord, NotFound
from app.identity.access import require, require_self
from app.identity.roles import SUPER_ADMIN, SUPER_ADMIN_ID, outranks
from app.identity.security_events import record_security
from app.identity.sessions import end_sessions_of, user_version_key
from app.notify.mailbox import forget_letters
from app.production import SUPER_ADMIN_EMAIL
from app.runtime import runtime
from blueprints.platform.auth.credentials import require_password
from blueprints.platform.auth.models import Account, account_model, is_unverified
from blueprints.platform.auth.person_models import PurgedAccount
from blueprints.platform.auth.ranks import refused, require_assignable, require_outranked
from blueprints.platform.auth.rules import (
    LONG_AGO,
    REST_AFTER_END,
    STRAGGLERS,
    gravatar_url,
    is_replaceable,
    is_restorable,
    normal_mobile,
)
from blueprints.platform.auth.suspensions import suspensions
from blueprints.platform.auth.topics import purged_topic, standing_topic

LOCK_ENDS = "lock-ends"
FORGET_AGAIN = "forget-again"


def register_user(actor: Actor, *, email: str, password_hash: str, fullname: str, **face: Any) -> Account:
    """Create an unverified account for a visitor; raises RuleViolated YourProfileIsArchivedPleaseLoginToRestore.

    It takes the place of an account of that address that was never verified (decision 44): nobody holds an address
    by typing it in. Within the resend window, and of two at once, the second meets EmailAlreadyExists, as does whoever
    comes with the address of a banned person (moderation.md M-12)."""
    with unit_of_work(actor) as work:
        model = account_model(actor.realm)
        if suspensions().is_banned_address(actor.realm, email):
            raise DuplicateRecord(*model.__duplicates__[f"uq_{model.__tablename__}_email"])
        former = work.find(model, model.email == email, model.is_active.is_(True), model.email_verified.is_(False),
                           lock=True)
        if former is not None and makes_room(former):
            _replace(work, former)
        account = _create(actor, "YourProfileIsArchivedPleaseLoginToRestore", email=email, password=password_hash,
                          fullname=fullname, **face)
        work.commit()
    return account


def makes_room(account: Any) -> bool:
    """Tell whether a new registration of its e-mail takes the place of this account (a row or None; decision 44)."""
    settings = runtime().settings
    return (account is not None and account.is_active and not account.email_verified
            and settings.email_verification_required and is_replaceable(
                account.role_id, account.created_at, account.locked_until or account.suspended_until, now(),
                settings.verification_resend_seconds))


def create_user(actor: Actor, *, email: str, password_hash: str, fullname: str, id: str | None = None,
                **face: Any) -> Account:
    """Create an unverified account by staff, with `id` under an id that nobody had before.

    Raises RuleViolated ThisProfileIsArchivedPleaseLoginToRestore, DuplicateRecord."""
    return _create(actor, "ThisProfileIsArchivedPleaseLoginToRestore", id=id, email=email, password=password_hash,
                   fullname=fullname, **face)


def enrol_user(actor: Actor, *, email: str, password_hash: str, fullname: str, role_id: str, email_verified: bool,
               **face: Any) -> Account:
    """Create an account as the operator wants it; raises as create_user, and InvalidInput for a role that is none."""
    require_assignable(role_id)
    return _create(actor, "ThisProfileIsArchivedPleaseLoginToRestore", email=email, password=password_hash,
                   fullname=fullname, role_id=role_id, email_verified=email_verified, **face)


def enrol_users(actor: Actor, users: Sequence[Mapping[str, Any]]) -> None:
    """Create many accounts in one transaction; each as enrol_user takes and refuses it, which refuses all."""
    with unit_of_work(actor) as work:
        for user in users:
            enrol_user(actor, **user)
        work.commit()


def update_profile(actor: Actor, user_id: str, *, proven_hash: str | None = None, **face: Any) -> Account:
    """Change the actor's own face: fullname, avatar, and what the realm adds; raises NotFound, Forbidden.

    A phone resets the password once it is verified, so changing it takes the password: `proven_hash` is the stored hash
    it was found to match; else Forbidden CurrentPasswordNeeded (decision 54)."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        require_self(actor, user_id)
        if _is_new_phone(account, face):
            require_password(actor, account, proven_hash)
        _change_face(work, account, face)
        work.commit()
    return account


def update_user(actor: Actor, user_id: str, **face: Any) -> Account:
    """Change the face of a user the actor outranks; raises NotFound, RuleViolated AHigherUserRoleCantBeChanged."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        require_outranked(actor, account, "AHigherUserRoleCantBeChanged")
        _change_face(work, account, face)
        work.commit()
    return account


def update_user_role(actor: Actor, user_id: str, role_id: str) -> Account:
    """Make a user admin or user again; only above both roles (rules-platform §3.6). Live sessions see it at once."""
    if not outranks(actor.role, role_id):
        raise refused("AHigherRoleCantBeAssigned")
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        require_assignable(role_id)
        require_outranked(actor, account, "AHigherUserRoleCantBeChanged")
        record_security(work, "role", user_id, former=account.role_id, role=role_id)
        work.change(account, role_id=role_id)
        work.invalidate(user_version_key(user_id))
        work.commit()
    return account


def delete_user(actor: Actor, user_id: str) -> Account:
    """Soft-delete a user the actor outranks, for good; raises RuleViolated SuperAdminCantBeDeleted and by rank."""
    if user_id == SUPER_ADMIN_ID:
        raise refused("SuperAdminCantBeDeleted")
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        require_outranked(actor, account, "AHigherUserCantBeDeleted")
        work.archive(account)
        record_security(work, "account", user_id, is_active=False)
        end_sessions_of(work, actor.realm, user_id)
        work.commit()
    return account


def restore_user(actor: Actor, user_id: str) -> bool:
    """Bring an account back that was deleted or archived; returns whether it was gone.

    What was withdrawn with it stays withdrawn. Raises NotFound (also for those that are erased), RuleViolated
    AHigherUserCantBeRestored, DuplicateRecord EmailAlreadyExists when its address was taken meanwhile (M-25)."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id, archived_too=True)
        require_outranked(actor, account, "AHigherUserCantBeRestored")
        if account.archived_at == LONG_AGO:
            raise NotFound
        was_gone = not account.is_active
        if was_gone:
            reopen_account(work, account)
        work.commit()
    return was_gone


def reopen_account(work: UnitOfWork, account: Account) -> None:
    """Let a locked account live again, and say so."""
    work.change(work.restore(account), archived_at=None)
    record_security(work, "account", account.id, is_active=True)
    work.emit(standing_topic(work.actor.realm, "restored"), account.id, {"id": account.id})
    work.invalidate(user_version_key(account.id))


def archive_profile(actor: Actor, user_id: str) -> Account:
    """Put the actor's own account to sleep; a login within ARCHIVE_DAYS wakes it (rules-platform §3.4)."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        require_self(actor, user_id)
        if user_id == SUPER_ADMIN_ID:
            raise refused("SuperAdminCantBeDeleted")
        work.change(account, archived_at=now())
        work.archive(account)
        record_security(work, "account", user_id, is_active=False)
        end_sessions_of(work, actor.realm, user_id)
        work.commit()
    return account


def reveal_contacts(actor: Actor, user_ids: Iterable[str]) -> dict[str, dict[str, str | None]]:
    """Return id → {email, phone} of accounts in any state, unmasked for staff; each leaves a security event, all
    of them one audit entry.

    The event says what was shown, never the value. Raises Forbidden (not staff)."""
    require(actor.is_staff, "errMsg_OnlyStaffSeesContacts")
    model = account_model(actor.realm)
    with unit_of_work(actor) as work:
        contacts = {row.id: {"email": row.email, "phone": getattr(row, "phone", None)}
                    for row in work.all(select(model).where(model.id.in_(set(user_ids))))}
        if contacts:
            handed_down(StaffAudit).say(work, "contacts.revealed", userIds=sorted(contacts))
        for user_id, contact in sorted(contacts.items()):
            record_security(work, "account", user_id, revealed=[name for name, value in contact.items() if value])
        work.commit()
    return contacts


def lock_user(actor: Actor, user_id: str, until: datetime | None) -> Account:
    """Keep a user out until then (None lets it in again); raises RuleViolated AHigherUserCantBeLocked.

    The end of an undone lock stays written down: what was issued before the lock is not good again (decision 45)."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        require_outranked(actor, account, "AHigherUserCantBeLocked")
        work.change(account, locked_until=until or now())
        record_security(work, "lock", user_id, until=iso(until))
        work.schedule(LOCK_ENDS, user_id, until)
        work.emit(standing_topic(actor.realm, "unlocked" if until is None else "locked"), user_id,
                  {"id": user_id, "lockedUntil": iso(until)})
        if until is not None:
            end_sessions_of(work, actor.realm, user_id)
        work.commit()
    return account


def end_lock(work: UnitOfWork, user_id: str) -> None:
    """Say that a lock has ended by the clock, so that what rested is shown again.

    Its end stays written down, as in `lock_user`; a lock that was moved or undone since is not ended here."""
    account = work.find(account_model(work.actor.realm), account_model(work.actor.realm).id == user_id, lock=True)
    if account is None or account.locked_until is None or account.locked_until > now():
        return
    record_security(work, "lock", user_id, ended="by the clock")
    # No row changes, and yet lists that were kept while the lock held are out of date.
    work.invalidate(version_key(account_model(work.actor.realm)))
    work.emit(standing_topic(work.actor.realm, "unlocked"), user_id, {"id": user_id, "lockedUntil": None})


def ensure_super_admin(realm: str, email: str, password_hash: str) -> bool:
    """Create the realm's one superAdmin unless it exists; tell whether it was created (rules-platform §3.1)."""
    model = account_model(realm)
    with unit_of_work(system_actor(realm)) as work:
        is_missing = work.find(model, model.id == SUPER_ADMIN_ID) is None
        if is_missing:
            work.insert(model(
                id=SUPER_ADMIN_ID, email=email, password=password_hash, fullname="Super Admin",
                avatar=gravatar_url(email), role_id=SUPER_ADMIN, email_verified=True))
        work.commit()
    return is_missing


def move_super_admin(realm: str, email: str) -> bool:
    """Give the superAdmin this address if it still has the published one, whose letters a stranger reads; tell whether.

    Raises RuleViolated EmailAlreadyExists where another account has it (docs/decisions/100)."""
    with unit_of_work(system_actor(realm)) as work:
        account = work.lock(account_model(realm), SUPER_ADMIN_ID)
        is_due = account.email == SUPER_ADMIN_EMAIL != email
        if is_due:
            work.change(account, email=email, avatar=gravatar_url(email))
            record_security(work, "email", SUPER_ADMIN_ID, by="SUPERADMIN_EMAIL")
            work.commit()
    return is_due


def purge_archived(realm: str) -> int:
    """Delete for good the accounts archived longer than ARCHIVE_DAYS ago; return how many (daily job)."""
    oldest = now() - timedelta(days=runtime().settings.archive_days)
    return _purge_all(realm, account_model(realm).archived_at < oldest)


def purge_unverified(realm: str) -> int:
    """Delete for good the accounts that were not verified within UNVERIFIED_DAYS; return how many (decision 44).

    Where a login needs no verified e-mail they are accounts like any other, and stay."""
    settings = runtime().settings
    if not settings.email_verification_required:
        return 0
    model = account_model(realm)
    return _purge_all(realm, is_unverified(model), model.created_at < now() - timedelta(days=settings.unverified_days))


def _purge_all(realm: str, *which: ColumnElement[bool]) -> int:
    model = account_model(realm)

    def remove(work: UnitOfWork, ids: Sequence[str]) -> None:
        for account in work.all(select(model).where(model.id.in_(ids), *which).order_by(model.id), lock=True):
            _purge(work, account)

    return purge(system_actor(realm), lambda size: [
        row.id for row in fetch(select(model.id).where(*which).limit(size))], remove)


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
        if id is not None:
            _refuse_former_id(work, id)
        record_security(work, "account", account.id, made=True, role=account.role_id)
        work.commit()
    return account


def _refuse_former_id(work: UnitOfWork, id: str) -> None:
    """Refuse an id that was somebody's, or nobody's: others keep rows under it, which would be the new account's.

    Behind the insert, which waits for a purge of the same id."""
    former = select(PurgedAccount.id).where(PurgedAccount.realm == work.actor.realm, PurgedAccount.id == id)
    if id == NOBODY or work.rows(former):
        raise DuplicateRecord("DuplicateRecord", "a record with this id already exists")


def _replace(work: UnitOfWork, former: Account) -> None:
    end_sessions_of(work, work.actor.realm, former.id)
    record_security(work, "account", former.id, replaced=True)
    _purge(work, former)
    # The unit of work inserts before it deletes; the e-mail must be free by then.
    work.flush()


def _make_room(work: UnitOfWork, archived: Account, refusal: str) -> None:
    """Refuse while the archived owner of the e-mail may still return; else purge it now instead of tonight."""
    if is_restorable(archived.archived_at, now(), runtime().settings.archive_days):
        raise refused(refusal)
    _purge(work, archived)
    # The unit of work inserts before it deletes; the e-mail must be free by then.
    work.flush()


def _change_face(work: UnitOfWork, account: Account, face: dict[str, Any]) -> None:
    shown = {name: value for name, value in face.items()
             if value is not None and name in ("fullname", "avatar", *account.__extras__)}
    if _is_new_phone(account, shown):
        shown |= {"phone_digits": normal_mobile(shown["phone"]), "mobile_verified": False}
        work.flush()  # a new account has its id after it
        record_security(work, "phone", account.id, verified=False)
    work.change(account, **shown)
    work.invalidate(user_version_key(account.id))


def _is_new_phone(account: Account, face: dict[str, Any]) -> bool:
    return face.get("phone") not in (None, getattr(account, "phone", None))


def _purge(work: UnitOfWork, account: Account) -> None:
    """Delete the row and the letters to it, and keep its id from others; the services that keep something of the user
    hear `user-purged`.

    A number that is not verified may be another's: its letters stay until MAIL_DAYS."""
    work.delete(account)
    was_shown = account.archived_at is not None  # who never proved the e-mail was shown to nobody
    work.insert(PurgedAccount(realm=work.actor.realm, id=account.id,
                              rests_until=now() + REST_AFTER_END if was_shown else None))
    is_its_phone = getattr(account, "mobile_verified", False)
    forget_letters(work, account.email, account.id, *((account.phone,) if is_its_phone else ()))
    forget_at_once(work, runtime().part(PersonTables), account.id)
    say_purged(work, account.id)
    work.schedule(FORGET_AGAIN, account.id, now() + STRAGGLERS)


def say_purged(work: UnitOfWork, user_id: str) -> None:
    """Have the services forget whoever is gone for good; a second time they take what a straggler left."""
    work.emit(purged_topic(work.actor.realm), user_id, {"id": user_id})

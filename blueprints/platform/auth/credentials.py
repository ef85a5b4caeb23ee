"""Writes of what people prove themselves by: passwords, second factors, what is verified, and their logins."""
from typing import Any

from sqlalchemy import delete

from app.actor import Actor
from app.data.holdings import handed_down
from app.data.staff_changes import StaffAudit
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import Forbidden, InvalidInput, NotFound
from app.identity.access import require_self
from app.identity.api_clients import revoke_clients_of
from app.identity.lost_passwords import OnLostPassword
from app.identity.passwords import ChosenPassword
from app.identity.roles import outranks
from app.identity.security_events import record_security
from app.identity.sessions import end_session, end_sessions_of, user_version_key
from app.notify.device_tokens import forget_devices_of
from app.notify.mailbox import sends_sms
from blueprints.platform.auth.factor_models import RoleSecondFactor
from blueprints.platform.auth.models import Account, account_model
from blueprints.platform.auth.ranks import refused, require_outranked
from blueprints.platform.auth.topics import password_replaced_topic


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
    """Replace the password of a user the actor outranks, end that user's sessions and what outlives them; a letter
    says so.

    At the terminal also the operator's own: nobody else could help a superAdmin who has forgotten it."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        if actor.operator is None or not actor.is_user(user_id):
            require_outranked(actor, account, "AHigherUserCantBeUpdated")
        _require_strong(chosen, "password")
        _replace_password(work, account, chosen.hash)
        _throw_out(work, user_id)
        work.emit(password_replaced_topic(actor.realm), user_id, {"id": user_id})
        work.commit()
    return account


def note_reset_letter(actor: Actor, user_id: str) -> None:
    """Write down that staff had the letter sent by which a user resets a forgotten password."""
    with unit_of_work(actor) as work:
        record_security(work, "password", user_id, letter="sent by staff")
        handed_down(StaffAudit).say(work, "password.reset-letter", userId=user_id)
        work.commit()


def reset_password(actor: Actor, user_id: str, *, former_hash: str, new_hash: str, by_email: bool) -> Account:
    """Replace a forgotten password after a verification code, and end sessions and what outlives them; only the code
    sent by e-mail verifies the e-mail.

    Raises Forbidden StepNotFound when the password is no longer the one the code was issued for."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        if account.password != former_hash:
            raise _outlived()
        if by_email:
            _prove_email(work, account)
        _replace_password(work, account, new_hash)
        _throw_out(work, user_id)
        work.commit()
    return account


def set_second_factors(actor: Actor, user_id: str, *, proven_hash: str | None, email: bool | None = None,
                       mobile: bool | None = None) -> Account:
    """Switch one's own second factors on or off (decision 53); None leaves one as it is. It takes the password.

    Raises Forbidden CurrentPasswordNeeded, RuleViolated EmailNotVerified, NoSmsChannel, MobileNotVerified."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        require_self(actor, user_id)
        require_password(actor, account, proven_hash)
        if email and not account.email_verified:
            raise refused("EmailNotVerified")
        if mobile and not sends_sms():
            raise refused("NoSmsChannel")
        if mobile and not getattr(account, "mobile_verified", False):
            raise refused("MobileNotVerified")
        work.change(account, needs_email_2fa=account.needs_email_2fa if email is None else email,
                    needs_mobile_2fa=account.needs_mobile_2fa if mobile is None else mobile)
        record_security(work, "second-factor", user_id, email=account.needs_email_2fa, mobile=account.needs_mobile_2fa)
        work.commit()
    return account


def set_role_factor(actor: Actor, role_id: str, channel: str, *, is_on: bool) -> None:
    """Have everybody of a role prove a second factor at the next login, or no longer; twice changes nothing.

    Raises RuleViolated NoSmsChannel, AHigherUserRoleCantBeChanged for a role as high as that of an admin who asks."""
    if not (actor.is_super_admin or outranks(actor.role, role_id)):
        raise refused("AHigherUserRoleCantBeChanged")
    if is_on and channel == "mobile" and not sends_sms():
        raise refused("NoSmsChannel")
    row = (RoleSecondFactor.realm == actor.realm, RoleSecondFactor.role_id == role_id,
           RoleSecondFactor.channel == channel)
    with unit_of_work(actor) as work:
        work.execute(delete(RoleSecondFactor).where(*row))
        if is_on:
            work.insert(RoleSecondFactor(realm=actor.realm, role_id=role_id, channel=channel))
        record_security(work, "second-factor", None, role=role_id, channel=channel, is_on=is_on)
        if actor.is_person_of_staff:
            handed_down(StaffAudit).say(work, "second-factor.of-role", role=role_id, channel=channel, isOn=is_on)
        work.commit()


def end_own_session(actor: Actor, session_id: str) -> dict[str, Any]:
    """End one of the actor's own sessions; raises NotFound for any other."""
    with unit_of_work(actor) as work:
        if not end_session(work, actor.realm, session_id, str(actor.user_id)):
            raise NotFound
        record_security(work, "session", actor.user_id, ended="by its user", session=session_id)
        work.commit()
    return {"id": session_id, "isActive": False}


def end_other_sessions(actor: Actor) -> dict[str, Any]:
    """End all sessions of the actor but the one that asks; return how many there were."""
    with unit_of_work(actor) as work:
        ended = end_sessions_of(work, actor.realm, str(actor.user_id), keep=actor.session_id)
        record_security(work, "session", actor.user_id, ended="by its user", others=ended)
        work.commit()
    return {"id": actor.session_id, "isActive": True, "ended": ended}


def verify_email(actor: Actor, user_id: str) -> Account:
    """Record that the user owns the e-mail."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        _prove_email(work, account)
        work.commit()
    return account


def verify_mobile(actor: Actor, user_id: str, digits: str) -> Account:
    """Record that the user owns the phone of these digits (realms with one).

    Raises Forbidden StepNotFound when it is another one meanwhile."""
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), user_id)
        if getattr(account, "phone_digits", None) != digits:
            raise _outlived()
        work.change(account, mobile_verified=True)
        record_security(work, "phone", user_id, verified=True)
        work.invalidate(user_version_key(user_id))
        work.commit()
    return account


def _replace_password(work: UnitOfWork, account: Account, new_hash: str, *, keep: str | None = None) -> None:
    work.change(account, password=new_hash)
    record_security(work, "password", account.id)
    end_sessions_of(work, work.actor.realm, account.id, keep=keep)


def _throw_out(work: UnitOfWork, user_id: str) -> None:
    """End what whoever was in the account may have left behind: webhooks, devices, programs."""
    handed_down(OnLostPassword).stop(work, user_id)
    forget_devices_of(work, user_id)
    revoke_clients_of(work, work.actor.realm, user_id)


def _prove_email(work: UnitOfWork, account: Account) -> None:
    """Record that the e-mail is proved; a number verified before that may be of whoever typed the e-mail in."""
    if account.email_verified:
        return
    work.change(account, email_verified=True)
    if "phone" in account.__extras__:
        work.change(account, mobile_verified=False)
    record_security(work, "email", account.id, verified=True)
    work.invalidate(user_version_key(account.id))


def require_password(actor: Actor, account: Account, proven_hash: str | None) -> None:
    """Raise Forbidden CurrentPasswordNeeded unless the account's own user has just proved its password."""
    if actor.is_user(account.id) and account.password != proven_hash:
        raise Forbidden("errMsg_CurrentPasswordNeeded", "CurrentPasswordNeeded")


def _require_strong(chosen: ChosenPassword, field: str) -> None:
    if chosen.weakness is not None:
        raise InvalidInput(f"{field}: {chosen.weakness}", detail={field: chosen.weakness})


def _outlived() -> Forbidden:
    """Return the refusal of a code whose account changed between its check and its effect (decision 45)."""
    return Forbidden("errMsg_UserCodeIsNotFoundInStore", "StepNotFound")

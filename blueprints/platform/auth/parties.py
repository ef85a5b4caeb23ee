"""Who a verification code is for: found by e-mail, by phone or by session, with what the code is bound to.

Start asks more than complete: it refuses where no code may go out (rules-platform §3.5)."""
from dataclasses import dataclass, field
from typing import Any

from app.clock import now
from app.data.columns import iso
from app.errors import Forbidden, LoginRequired, NotFound, RuleViolated
from app.identity.authentication import identity
from app.identity.sessions import LiveSession
from app.runtime import runtime
from blueprints.platform.auth.queries import find_account_by_mobile, find_active_account, find_active_account_by_id
from blueprints.platform.auth.rules import holds, masked_mobile, normal_mobile

OWNERSHIP, SECOND_FACTOR, PASSWORD_RESET = "ownership", "second-factor", "password-reset"


@dataclass(frozen=True, slots=True)
class Verification:
    """One of the six services: what it proves, and by which channel."""

    name: str
    purpose: str
    channel: str

    @property
    def lifetime(self) -> int:
        """How many seconds its code lives; the answer of a start says it, too (decision 45)."""
        settings = runtime().settings
        return settings.email_code_seconds if self.channel == "email" else settings.mobile_code_seconds


VERIFICATIONS = {verification.name: verification for verification in (
    Verification("email-verification", OWNERSHIP, "email"),
    Verification("mobile-verification", OWNERSHIP, "mobile"),
    Verification("email-2factor-verification", SECOND_FACTOR, "email"),
    Verification("mobile-2factor-verification", SECOND_FACTOR, "mobile"),
    Verification("password-reset-by-email", PASSWORD_RESET, "email"),
    Verification("password-reset-by-mobile", PASSWORD_RESET, "mobile"),
)}


@dataclass(frozen=True, slots=True)
class Party:
    """The user (None: nobody, but the caller shall not learn that), whose the code is, how it is shown.

    `subject` names the code, `guessed` whose codes are counted together; `bound` is what the code dies with."""

    account: Any
    subject: tuple[str, ...]
    guessed: tuple[str, ...]
    bound: str
    shown: dict[str, Any]
    session: LiveSession | None = None
    reach: dict[str, Any] = field(default_factory=dict)


def party_of_start(verification: Verification, realm: str, data: dict[str, Any]) -> Party:
    """Return whom the code goes to; raises LoginRequired, Forbidden, NotFound, RuleViolated as documented."""
    party = party_of(verification, realm, data)
    if verification.purpose == OWNERSHIP and party.account is not None and _is_verified(verification, party.account):
        noun = "Email" if verification.channel == "email" else "Mobile"
        raise RuleViolated(f"{noun}AlreadyVerified", f"errMsg_User{noun}AlreadyVerified")
    if verification.name == "mobile-2factor-verification" and not party.account.mobile_verified:
        raise Forbidden("errMsg_UserMobileNotVerified", "MobileVerificationNeeded")
    if verification.name == "password-reset-by-email" and party.account is None:
        raise LoginRequired("errMsg_UserNotFound", "NotAuthenticated")
    if verification.name == "email-verification" and party.account is None and runtime().settings.returns_secret_codes:
        raise NotFound("errMsg_UserNotFound", "UserNotFound")
    return party


def party_of(verification: Verification, realm: str, data: dict[str, Any]) -> Party:
    """Return whose code it is; raises LoginRequired for a dead session, NotFound where there is no phone."""
    session = None
    if verification.purpose == SECOND_FACTOR:
        session = identity().sessions.live(realm, data["session_id"], data["user_id"])
        if session is None:
            raise LoginRequired("errMsg_UserSessionNotFound", "SessionNotFound")
        account = find_active_account_by_id(realm, session.user_id)
    else:
        account = _account_named(realm, data)
    if verification.channel == "mobile":
        return _by_mobile(verification, realm, account, session)
    return _by_email(verification, realm, account, session, data)


def _account_named(realm: str, data: dict[str, Any]) -> Any:
    """Return the account, None also while it is locked or suspended: nobody proves anything for it then."""
    if "mobile" in data:
        account = find_account_by_mobile(realm, data["mobile"])
    else:
        account = find_active_account(realm, data["email"])
    moment = now()
    if account is None or holds(account.locked_until, moment) or holds(account.suspended_until, moment):
        return None
    return account


def _by_mobile(verification: Verification, realm: str, account: Any, session: LiveSession | None) -> Party:
    phone = getattr(account, "phone", None) or ""
    if not normal_mobile(phone) or (verification.purpose == PASSWORD_RESET and not account.mobile_verified):
        raise NotFound("errMsg_UserMobileNotFound", "UserNotFound")
    subject = (realm, verification.name, session.id if session else account.id)
    return Party(account, subject, (realm, verification.name, account.id), _bound_to(account, normal_mobile(phone)),
                 {"mobile": masked_mobile(phone)}, session, {"mobile": phone})


def _by_email(verification: Verification, realm: str, account: Any, session: LiveSession | None,
              data: dict[str, Any]) -> Party:
    email = account.email if account else data["email"]
    somebody = account.id if account else f"nobody/{email}"
    return Party(account, (realm, verification.name, session.id if session else somebody),
                 (realm, verification.name, somebody), _bound_to(account, email), {"email": email}, session,
                 {"email": email})


def _bound_to(account: Any, reach: str) -> str:
    """Return what a code is issued for: password, number or address, and the locks as they are (decision 45)."""
    if account is None:
        return reach
    return "\x00".join((account.password, reach, iso(account.locked_until) or "", iso(account.suspended_until) or ""))


def _is_verified(verification: Verification, account: Any) -> bool:
    return bool(account.email_verified if verification.channel == "email" else account.mobile_verified)

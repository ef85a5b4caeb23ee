"""The verification services (rules-platform §3.5): a code goes out; whoever brings it back has proved something.

The code travels in the event for mail and SMS, sealed there outside test mode, and is returned in test mode only."""
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import Forbidden, InvalidInput, LoginRequired
from app.identity.access_tokens import issue_access_token
from app.identity.authentication import identity
from app.identity.login_throttle import Bound, Delay, Limit
from app.identity.one_time_codes import CodeRefused, CodeSentRecently, IssuedCode, is_link_secret, packed_code
from app.identity.passwords import password_matches
from app.identity.security_events import record_refusal, record_security, recorded_throttle
from app.identity.sessions import session_body, settle_second_factor
from app.runtime import runtime
from blueprints.platform.auth import credentials
from blueprints.platform.auth.parties import (
    OWNERSHIP,
    PASSWORD_RESET,
    VERIFICATIONS,
    Party,
    Verification,
    party_of,
    party_of_start,
)
from blueprints.platform.auth.preparations import OLD_PASSWORD_TRIES, strong_hash
from blueprints.platform.auth.topics import verification_topic

# Six digits stand only while few can be tried: so many from one address, the more slowly the more addresses try
# (decision 43). Nothing here locks the owner out: the link in the letter is not counted, and a delay ends.
ADDRESS_CALLS = Limit("Verification", most=300, window=900)
STARTS = Limit("VerificationStart", most=10, window=3600)
TRIES = Limit("VerificationCode", most=20, window=3600)
ALL_STARTS = Delay("VerificationStarts", free=10, first=120, longest=900, window=3600)
ALL_TRIES = Delay("VerificationCodes", free=40, first=1, longest=300, window=3600)

_Counted = list[tuple[Bound, tuple[str, ...]]]
_REFUSALS = {
    "absent": ("IsNotFoundInStore", "StepNotFound"),
    "expired": ("HasExpired", "CodeExpired"),
    "mismatch": ("IsNotAuthorized", "CodeMismatch"),
}


def start_verification(actor: Actor, name: str, data: dict[str, Any]) -> dict[str, Any]:
    """Send a code, by event, and return the step; raises Forbidden CodeSpamError within the resend window."""
    realm, verification = actor.realm, VERIFICATIONS[name]
    _take(actor, verification, None, _calls(actor))
    party = party_of_start(verification, realm, data)
    counted = _counted(STARTS, ALL_STARTS, actor, party)
    _take(actor, verification, party, counted)
    try:
        code = identity().codes.issue(*party.subject, bound=party.bound, lifetime=verification.lifetime)
    except CodeSentRecently:
        identity().throttle.give_back(*counted)
        raise Forbidden(f"errMsg_{_noun(verification)}CanBeSentOnceInTheTimeWindow", "CodeSpamError") from None
    step = _step(verification, code) | party.shown | _session_of(party)
    if party.account is not None:
        _announce_start(actor, verification, party, code, step, data)
    return step | _test_mode_only(party, code)


def complete_verification(actor: Actor, name: str, data: dict[str, Any]) -> dict[str, Any]:
    """Use the code up and put its effect in force, once; raises Forbidden StepNotFound, CodeExpired, CodeMismatch."""
    realm, verification = actor.realm, VERIFICATIONS[name]
    if not is_link_secret(data["secret_code"]):
        _take(actor, verification, None, _calls(actor))
    party = party_of(verification, realm, data)
    counted = [] if is_link_secret(data["secret_code"]) else _counted(TRIES, ALL_TRIES, actor, party)
    _take(actor, verification, party, counted)
    _compare(actor, verification, party, data["secret_code"], identity().codes.check, counted)
    if verification.name == "email-verification":
        is_asked = runtime().settings.verify_asks_password or is_link_secret(data["secret_code"])
        _require_password(actor, party, data.get("password"), is_asked=is_asked)
    new_hash = ""
    if verification.purpose == PASSWORD_RESET:
        new_hash = strong_hash(data["password"], party.account.fullname, party.account.email)
    _compare(actor, verification, party, data["secret_code"], identity().codes.consume, [])
    _forget(actor, party)
    with unit_of_work(actor) as work:
        _put_in_force(work, verification, party, new_hash)
        work.emit(verification_topic(realm, name, "complete"), party.account.id,
                  {"userId": party.account.id, "isVerified": True, "date": iso(now())} | party.shown)
        work.commit()
    return _completed(realm, verification, party)


def _compare(actor: Actor, verification: Verification, party: Party, secret: str, how: Callable[..., None],
             counted: _Counted) -> None:
    """Check or consume the code; a wrong one counts, whatever else is refused, or good, does not.

    A wrong link is not written down: nothing bounds how many are tried, and nobody guesses one."""
    try:
        how(*party.subject, secret=secret, bound=party.bound, address=_address(actor))
    except CodeRefused as refused:
        if refused.reason == "mismatch" and not is_link_secret(secret):
            record_refusal(actor, "code", _user_id(party), service=verification.name)
        else:
            identity().throttle.give_back(*counted)
        key, err_code = _REFUSALS[refused.reason]
        raise Forbidden(f"errMsg_{_noun(verification)}{key}", err_code) from None
    identity().throttle.give_back(*counted)
    if party.account is None:
        raise Forbidden(f"errMsg_{_noun(verification)}IsNotAuthorized", "CodeMismatch")


def _require_password(actor: Actor, party: Party, password: str | None, *, is_asked: bool) -> None:
    """Raise Forbidden for a password that is not the account's, InvalidInput where one is asked for (decision 44).

    So nobody who only holds the mailbox verifies an account that somebody else has opened with a password of his. The
    link of a letter is opened by one click, and always asks for it."""
    if password is None:
        if is_asked:
            raise InvalidInput("password: is required", detail={"password": "is required"})
        return
    with recorded_throttle(actor, "password", party.account.id):
        identity().throttle.take(OLD_PASSWORD_TRIES, actor.realm, party.account.id)
    if not password_matches(party.account.password, password):
        record_refusal(actor, "password", party.account.id, reason="PasswordDoesNotMatch")
        raise Forbidden("errMsg_PasswordDoesNotMatch", "PasswordDoesNotMatch")
    identity().throttle.forget(OLD_PASSWORD_TRIES, actor.realm, party.account.id)


def _take(actor: Actor, verification: Verification, party: Party | None, counted: _Counted) -> None:
    with recorded_throttle(actor, "code", _user_id(party) if party else None, service=verification.name):
        identity().throttle.take_all(*counted)


def _calls(actor: Actor) -> _Counted:
    return [(ADDRESS_CALLS, (actor.realm, _address(actor)))]


def _counted(of_address: Limit, of_all: Delay, actor: Actor, party: Party) -> _Counted:
    return [(of_address, (*party.guessed, _address(actor))), (of_all, party.guessed)]


def _forget(actor: Actor, party: Party) -> None:
    """Forget what was counted for who has just proved something, at his address and one attempt over all."""
    throttle = identity().throttle
    for of_address in (STARTS, TRIES):
        throttle.forget(of_address, *party.guessed, _address(actor))
    throttle.give_back((ALL_STARTS, party.guessed))


def _put_in_force(work: UnitOfWork, verification: Verification, party: Party, new_hash: str) -> None:
    actor, account = work.actor, party.account
    if verification.purpose == PASSWORD_RESET:
        credentials.reset_password(actor, account.id, former_hash=account.password, new_hash=new_hash,
                                by_email=verification.channel == "email")
    elif verification.purpose == OWNERSHIP and verification.channel == "email":
        credentials.verify_email(actor, account.id)
    elif verification.purpose == OWNERSHIP:
        credentials.verify_mobile(actor, account.id, account.phone_digits)
    elif party.session is not None:
        settle_second_factor(work, actor.realm, party.session.id, account.id, verification.channel)
        record_security(work, "second-factor", account.id, proved=verification.channel, session=party.session.id)


def _completed(realm: str, verification: Verification, party: Party) -> dict[str, Any]:
    if party.session is not None:
        return _session_answer(realm, party.session.id, party.session.user_id)
    answer: dict[str, Any] = {"status": "OK", "isVerified": True} | party.shown
    if verification.purpose == PASSWORD_RESET:
        return answer | {"userId": party.account.id, "email": party.account.email}
    shown_id = {"userId": party.account.id} if runtime().settings.returns_secret_codes else {}
    return answer | {"mobileVerificationNeeded": False} | shown_id


def _session_answer(realm: str, session_id: str, user_id: str) -> dict[str, Any]:
    session = identity().sessions.live(realm, session_id, user_id)
    if session is None:
        raise LoginRequired("errMsg_UserSessionNotFound", "SessionNotFound")
    token = issue_access_token(
        identity().keys.current(realm), user_id=user_id, session_id=session_id,
        logged_in_at=datetime.fromtimestamp(session.logged_in_at, UTC),
        expires_at=datetime.fromtimestamp(session.expires_at, UTC))
    return session_body(session, token) | {"expiresIn": int(session.expires_at - now().timestamp())}


def _announce_start(actor: Actor, verification: Verification, party: Party, code: IssuedCode, step: dict[str, Any],
                    data: dict[str, Any]) -> None:
    settings = runtime().settings
    why = {name: data[name] for name in ("reason", "client") if data.get(name) is not None}
    user = {"id": party.account.id, "email": party.account.email, "fullname": party.account.fullname}
    payload = step | party.reach | why | {"userId": party.account.id, "user": user} | packed_code(
        code, settings.secret_key, readable=settings.returns_secret_codes)
    payload.pop("status")
    with unit_of_work(actor) as work:
        work.emit(verification_topic(actor.realm, verification.name, "start"), party.account.id, payload)
        work.commit()


def _step(verification: Verification, code: IssuedCode) -> dict[str, Any]:
    return {"status": "OK", "codeIndex": code.index, "timeStamp": code.time_stamp,
            "date": iso(datetime.fromtimestamp(code.time_stamp / 1000, UTC)), "expireTime": verification.lifetime,
            "verificationType": "byCode"}


def _session_of(party: Party) -> dict[str, str]:
    return {"sessionId": party.session.id, "userId": party.session.user_id} if party.session else {}


def _test_mode_only(party: Party, code: IssuedCode) -> dict[str, str]:
    if not runtime().settings.returns_secret_codes or party.account is None:
        return {}
    return {"secretCode": code.secret, "userId": party.account.id}


def _user_id(party: Party) -> str | None:
    return party.account.id if party.account else None


def _address(actor: Actor) -> str:
    return actor.address or ""


def _noun(verification: Verification) -> str:
    return "UserEmailCode" if verification.channel == "email" else "UserMobileCode"

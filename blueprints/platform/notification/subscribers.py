"""Letters about accounts, in both realms (rules-platform §6.3): WELCOME, OTP and RESETPASSWORD, by mail or SMS.

A code is readable in the outbox in test mode only; elsewhere it stays sealed until the letter is on its way."""
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from app.events.topics import service_topic
from app.identity.one_time_codes import unpacked_code, unpacked_link_secret
from app.notify.bounces import hear_again
from app.notify.letters import PLATFORM_TEMPLATES, spoken_seconds
from app.notify.mailbox import post_letter
from app.notify.models import EMAIL, SMS
from app.runtime import runtime
from app.settings import REALM_CODENAMES
from blueprints.platform.auth.queries import find_active_account_by_id
from blueprints.platform.auth.topics import export_ready_topic, password_replaced_topic, verification_topic

# Verification service → what the letter is, and how it travels.
_LETTERS = {
    "email-verification": ("OTP", EMAIL),
    "mobile-verification": ("OTP", SMS),
    "email-2factor-verification": ("OTP", EMAIL),
    "mobile-2factor-verification": ("OTP", SMS),
    "password-reset-by-email": ("RESETPASSWORD", EMAIL),
    "password-reset-by-mobile": ("RESETPASSWORD", SMS),
}
_BY_TOPIC = {verification_topic(realm, service, "start"): (service, *letter)
             for realm in REALM_CODENAMES for service, letter in _LETTERS.items()}
# A second factor is typed where the login waits for it; a link would finish somebody else's login by one click.
_WITH_LINK = ("email-verification", "password-reset-by-email")
_PROVED = [verification_topic(realm, service, "complete") for realm in REALM_CODENAMES
           for service in _WITH_LINK]
_NEW_USERS = [service_topic(realm, "auth", short) for realm in REALM_CODENAMES
              for short in ("user-registered", "user-created")]

_TO_ACCOUNTS = {topic(realm): name for realm in REALM_CODENAMES for topic, name in (
    (password_replaced_topic, "PASSWORDREPLACED"), (export_ready_topic, "EXPORTREADY"))}


@subscribe(*_NEW_USERS, name="platform.welcome")
def welcome(work: UnitOfWork, event: Event) -> None:
    """Welcome whoever registered or was registered by an admin."""
    user = event.payload["user"]
    _post(work, event, "WELCOME", user["id"], user["email"], {})


@subscribe(*_TO_ACCOUNTS, name="platform.account-letters")
def write_to_account(work: UnitOfWork, event: Event) -> None:
    """Let a user know what happened to the account; who has none any more is told nothing."""
    account = find_active_account_by_id(event.realm, event.key)
    if account is not None:
        _post(work, event, _TO_ACCOUNTS[event.topic], account.id, account.email, {})


@subscribe(*_PROVED, name="platform.proved-address")
def hear_proved_address(work: UnitOfWork, event: Event) -> None:
    """Send letters again to an address that came back thrice: a code sent there was brought back (FD-25)."""
    account = find_active_account_by_id(event.realm, event.key)
    if account is not None:
        hear_again(work, event.realm, account.email)


@subscribe(*_BY_TOPIC, name="platform.verification-code")
def send_code(work: UnitOfWork, event: Event) -> None:
    """Bring a verification code to its user."""
    step, app_secret = event.payload, runtime().settings.secret_key
    service, name, channel = _BY_TOPIC[event.topic]
    facts = {"codeIndex": step["codeIndex"], "validity": spoken_seconds(step["expireTime"]),
             "secretCode": unpacked_code(step, app_secret),
             "link": _link(event.realm, service, step["user"]["email"], unpacked_link_secret(step, app_secret))}
    to = step["user"]["email"] if channel == EMAIL else step["mobile"]
    _post(work, event, name, step["user"]["id"], to, facts, channel)


def _link(realm: str, service: str, email: str, secret: str) -> str:
    """Return the address of the page that brings the long secret back; blank where a letter carries none.

    The secret stands behind `#`: no server and no proxy on the way ever sees it."""
    if service not in _WITH_LINK or not secret:
        return ""
    said = urlencode({"service": service, "email": email, "code": secret})
    return f"{runtime().settings.public_url}/{realm}/auth-api/verification-page#{said}"


def _post(work: UnitOfWork, event: Event, name: str, user_id: str, to: str, facts: Mapping[str, Any],
          channel: str = EMAIL) -> None:
    post_letter(work, realm=event.realm, to=to, name=name, template=PLATFORM_TEMPLATES[name], facts=facts,
                cause=event.event_id, channel=channel, user_id=user_id)

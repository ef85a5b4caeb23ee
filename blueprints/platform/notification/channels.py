"""What the routes of channels do: switch letters off by a token, count what came back, say which addresses are mute."""
import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.actor import system_actor
from app.data.columns import iso
from app.data.unit_of_work import unit_of_work
from app.errors import InvalidInput
from app.mail_addresses import mail_address
from app.notify.bounces import Bounce, bounced_addresses, is_signed, note_bounces
from app.notify.unsubscribe import Subscription, UnsubscribeRefused, read_token
from app.runtime import runtime
from blueprints.platform.auth.lending import share_accounts
from blueprints.platform.notification.preferences import switch_off

MOST_LISTED = 100
_ID = re.compile(r"<?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:@[^>\s]*)?>?", re.IGNORECASE)


def subscription_of(realm: str, token: str | None) -> Subscription:
    """Return what the token of a letter switches off; raises InvalidInput."""
    try:
        return read_token(realm, token or "")
    except UnsubscribeRefused:
        wanted = "expected the token of a letter's link"
        raise InvalidInput("errMsg_tokenIsNotValid", detail={"token": wanted}) from None


def stop_letters(realm: str, subscription: Subscription) -> None:
    """Send this person no such messages over this channel any more; a second time changes nothing.

    Of whoever is gone for good nothing is written down: a letter may outlive its person."""
    with unit_of_work(system_actor(realm)) as work:
        if share_accounts(work, [subscription.user_id]):
            switch_off(work, subscription.user_id, subscription.name, subscription.channel)
        work.commit()


def is_of_our_provider(payload: bytes, headers: dict[str, str]) -> bool:
    """Tell whether the mail provider that has MAIL_BOUNCE_SECRET sent this."""
    return is_signed(payload, headers, runtime().settings.mail_bounce_secret)


def count_returned(realm: str, letters: Sequence[Mapping[str, Any]]) -> int:
    """Count letters of the realm that came back, by their id or Message-ID; returns how many were new."""
    found = [(_ID.fullmatch(letter["message_id"].strip()), letter) for letter in letters]
    return note_bounces([Bounce(id_in[1].lower(), letter["status"], letter.get("diagnostic") or "")
                         for id_in, letter in found if id_in], realm)


def list_bounced(realm: str, email: str | None) -> list[dict[str, Any]]:
    """Return addresses of the realm that letters came back from, the last first; of one address where it is named.

    Raises InvalidInput for what is no address."""
    try:
        address = mail_address(email, any_host=True) if email else None
    except ValueError as error:
        raise InvalidInput(f"email: {error}", detail={"email": str(error)}) from None
    return [{"email": row.address, "bounces": row.bounces, "lastError": row.last_error, "lastAt": iso(row.last_at),
             "mutedAt": iso(row.muted_at)}
            for row in bounced_addresses(realm, MOST_LISTED, address=address)]

"""Sending what staff or their programs say: by letter, by SMS, to devices, into the app (rules-platform §6.1, §6.2)."""
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.actor import Actor
from app.data.ids import uuid7
from app.data.serialization import Wire
from app.data.unit_of_work import unit_of_work
from app.errors import InvalidInput, NotFound
from app.mail_addresses import new_mail_address
from app.notify.device_tokens import devices_of
from app.notify.letter_templates import LetterTemplate, usual_locale
from app.notify.letters import PLATFORM_TEMPLATES, Letter, write_letter, write_push, write_sms
from app.notify.mailbox import Recipient, owe
from app.notify.models import ACCOUNT, CODE, EMAIL, NOTICE, PUSH, SMS
from app.runtime import runtime
from blueprints.platform.auth.queries import contact_of
from blueprints.platform.notification import rules
from blueprints.platform.notification.preferences import Wanted, wanted_of
from blueprints.platform.notification.store import store_of
from blueprints.platform.notification.unread import count_unread
from blueprints.platform.notification.words import SYSTEM_ALERT

_WRITERS: dict[str, Callable[[LetterTemplate, Mapping[str, Any], str, str], Letter]] = {
    EMAIL: write_letter, SMS: write_sms, PUSH: write_push}


def send_notice(actor: Actor, *, types: Sequence[str], to: str | None = None, user_id: str | None = None,
                title: str = "", body: str = "", template: str = "NONE", metadata: Mapping[str, Any] | None = None,
                is_stored: bool = False) -> dict[str, Any]:
    """Send one notification over each of these channels, and store it for its user where that is asked and stored.

    `to` stands in for the user's own address or phone. Without a template the person may have switched it off; of a
    template nobody can. Returns its id, how many messages go over each channel, and whether it is stored. Raises
    NotFound (no such user), InvalidInput (a channel that does not reach the user)."""
    contact = contact_of(actor.realm, user_id) if user_id else None
    if user_id is not None and contact is None:
        raise NotFound("User not found")
    wanted = wanted_of(actor.realm, [user_id])[user_id] if user_id else None
    words, facts = PLATFORM_TEMPLATES[template], {**(metadata or {}), "title": title or "A notice from Guildhall",
                                                  "body": body}
    kind = CODE if words.secret else NOTICE if template == "NONE" else ACCOUNT
    notice_id = uuid7()
    with unit_of_work(actor) as work:
        sent = {}
        for way in types:
            recipients = _recipients(actor.realm, way, to, contact) if _may_go(wanted, way, kind) else []
            letter = _WRITERS[way](words, facts, wanted.locale if wanted else usual_locale(), actor.realm)
            sent[way] = owe(work, realm=actor.realm, channel=way, name=template, cause=f"{notice_id}:{way}",
                            kind=kind, letters=dict.fromkeys(recipients, letter), secret=words.secret,
                            data={"type": template} if way == PUSH else None)
        stored = is_stored and runtime().settings.stored_notice
        if stored and user_id is not None:
            store_of(actor.realm).give(work, user_id, str(facts["title"]), body, metadata or {})
            count_unread(work, user_id, 1)
        work.commit()
    return {"id": notice_id, "types": list(types), "sent": sent, "isStored": stored}


def _may_go(wanted: Wanted | None, way: str, kind: str) -> bool:
    """A code goes whatever the person wants; what has no person cannot be switched off."""
    channel = {EMAIL: rules.EMAIL, PUSH: rules.PUSH}.get(way)
    return kind != NOTICE or wanted is None or channel is None or wanted.mode(SYSTEM_ALERT, channel) != rules.OFF


def _recipients(realm: str, way: str, to: str | None, contact: Wire | None) -> list[Recipient]:
    user_id = contact["id"] if contact else None
    if way == PUSH:
        return [Recipient(device.id, user_id) for device in devices_of(realm, [user_id] if user_id else [])]
    if way == EMAIL:
        return [Recipient(new_mail_address(to) if to else str(contact and contact["email"]), user_id)]
    phone = to or (contact and contact["phone"])
    try:
        number = rules.phone_number(phone or "")
    except ValueError:  # also what somebody has registered that is none
        raise InvalidInput("notification: userId: has no phone",
                           detail={"notification": {"userId": "has no phone"}}) from None
    return [Recipient(number, user_id)]

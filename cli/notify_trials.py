"""The trial messages of `flask notify test`: one letter, one SMS, or a push message to each device of a person."""
from collections.abc import Callable
from typing import Any, NamedTuple

import click

from app.data.ids import uuid7
from app.mail_addresses import masked_email, new_mail_address, typed_address
from app.runtime import runtime

TITLE = "A test of Guildhall's messages"
_SETTINGS = {
    "email": "MAIL_TRANSPORT is outbox: letters stay in the table of `flask notify outbox`, and nothing is sent; set "
             "MAIL_TRANSPORT=smtp and SMTP_URL",
    "sms": "SMS_PROVIDER is outbox: no SMS is sent; set SMS_PROVIDER=twilio and the TWILIO_… settings",
    "push": "PUSH_TRANSPORT is outbox: push messages stay in the table of `flask notify outbox`; set "
            "PUSH_TRANSPORT=send",
}


class Trial(NamedTuple):
    """A message that could be sent: what is asked before, and the sending, which raises ClickException."""

    question: str
    send: Callable[[], dict[str, Any]]


def trial_of(channel: str, address: str, realm: str) -> Trial:
    """Return the trial of a channel; raises ClickException for one that nothing sends, BadParameter for no address."""
    from app.notify.channels import is_sent

    form, trial = _TRIALS[channel]
    try:
        to = form(address)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="ADDRESS") from error
    if not is_sent(channel, runtime().settings):
        raise click.ClickException(_SETTINGS[channel])
    return trial(to, realm)


def _text() -> str:
    return f"{runtime().settings.public_url} sent this message: `flask notify test`."


def _letter(recipient: str, _realm: str) -> Trial:
    from app.notify.carrier import Delayed, Undeliverable
    from app.notify.letters import NONE, write_letter
    from app.notify.smtp import SmtpAccount, handed_in

    account = SmtpAccount.of_settings(runtime().settings)

    def send() -> dict[str, Any]:
        letter = write_letter(NONE, {"title": TITLE, "body": _text()})
        try:
            answer = handed_in(account, recipient, letter, uuid7())
        except (Delayed, Undeliverable) as error:
            raise click.ClickException(str(error)) from error
        return {"host": account.host, "to": recipient, "answer": answer}

    return Trial(f"{account.host} is given a letter from {account.sender.addr_spec} to {recipient}", send)


def _number(text: str) -> str:
    number = "".join(text.split())
    if not number.startswith("+") or not number[1:].isdecimal():
        raise ValueError("expected a phone number with its country: +441632960000")
    return number


def _sms(number: str, _realm: str) -> Trial:
    from app.notify.carrier import Delayed, Undeliverable
    from app.notify.sms import SmsAccount, SmsCarrier
    from app.outward.client import OutwardClient

    account = SmsAccount.of_settings(runtime().settings)

    def send() -> dict[str, Any]:
        try:
            answer = SmsCarrier(account, OutwardClient.of_settings(runtime().settings)).hand_in(number, _text())
        except (Delayed, Undeliverable) as error:
            raise click.ClickException(str(error)) from error
        return {"gateway": account.api, "to": number, "answer": answer}

    return Trial(f"{account.api} is given an SMS from {account.sender} to {number}", send)


def _push(person: str, realm: str) -> Trial:
    from app.notify.carrier import Outgoing
    from app.notify.device_tokens import devices_of
    from app.notify.letters import Letter
    from app.notify.push import PushCarrier
    from blueprints.platform.auth.queries import find_account

    account = find_account(realm, person)
    devices = devices_of(realm, [account.id]) if account else []
    if not devices:
        raise click.ClickException(f"nobody in {realm} with this e-mail has a device")

    def send() -> dict[str, Any]:
        failures = PushCarrier.of_settings(runtime().settings).send_all([
            Outgoing(uuid7(), realm, device.id, "NONE", Letter(TITLE, _text(), ""), device.user_id)
            for device in devices])
        if any(failures):
            raise click.ClickException("; ".join(
                f"{device.platform} {device.device_id}: {failure or 'taken'}"
                for device, failure in zip(devices, failures, strict=True)))
        return {"to": masked_email(account.email), "devices": len(devices), "answer": "taken"}

    return Trial(f"{len(devices)} devices of {masked_email(account.email)} get a message", send)


_TRIALS: dict[str, tuple[Callable[[str], str], Callable[[str, str], Trial]]] = {
    "email": (new_mail_address, _letter), "sms": (_number, _sms), "push": (typed_address, _push)}

"""SMS by a gateway of Twilio's shape (POST …/Messages.json); tried against a stub in the tests, not against Twilio."""
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

import orjson

from app.notify.carrier import Away, Outgoing, one_by_one
from app.notify.push_requests import refusal
from app.outward.addresses import AddressRefused
from app.outward.client import NoReply, OutwardClient, Reply
from app.settings import Settings

MOST_CHARACTERS = 1_600
"""As many as the gateway takes; longer ones are cut."""


@dataclass(frozen=True, slots=True)
class SmsAccount:
    """Where SMS are handed in, as whom, and from which number or name."""

    api: str
    account: str
    token: str
    sender: str

    @classmethod
    def of_settings(cls, settings: Settings) -> Self:
        """Return the account of the settings, which were checked at the start."""
        return cls(settings.twilio_api_base, settings.twilio_account_sid, settings.twilio_auth_token,
                   settings.twilio_from)


class SmsCarrier:
    """Sends one SMS after the other."""

    at_once = 1

    def __init__(self, account: SmsAccount, client: OutwardClient) -> None:
        self._account, self._client = account, client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        pass

    def send_all(self, messages: Sequence[Outgoing]) -> list[Exception | None]:
        """Send these messages; return what became of each: None, or why it did not go."""
        return one_by_one(self._send, messages)

    def _send(self, message: Outgoing) -> None:
        self.hand_in(message.recipient, message.letter.text)

    def hand_in(self, number: str, text: str) -> str:
        """Send one SMS and return the gateway's id of it; raises Away (nobody answers, or the account is refused),
        Delayed or Undeliverable."""
        who = b64encode(f"{self._account.account}:{self._account.token}".encode()).decode()
        body = urlencode({"To": number, "From": self._account.sender, "Body": text[:MOST_CHARACTERS]}).encode()
        url = f"{self._account.api}/2010-04-01/Accounts/{quote(self._account.account, safe='')}/Messages.json"
        try:
            reply = self._client.request_and_wait("POST", url, body=body, headers={
                "Authorization": f"Basic {who}", "Content-Type": "application/x-www-form-urlencoded"})
        except (AddressRefused, NoReply) as error:
            raise Away(f"the SMS gateway does not answer: {error}") from error
        if reply.status in (401, 403):
            raise Away(f"the SMS gateway refuses the account: {_says(reply)}")
        if not reply.is_success:
            raise refusal(reply, _says(reply))
        return _field(reply, "sid")


def _says(reply: Reply) -> str:
    return f"{_field(reply, 'code')} {_field(reply, 'message')}".strip()


def _field(reply: Reply, name: str) -> str:
    try:
        return str(orjson.loads(reply.body).get(name, ""))
    except (ValueError, AttributeError):
        return ""

"""The port to what carries messages away: one adapter for each channel, one run of messages for each adapter."""
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, Protocol, Self

from app.notify.letters import Letter
from app.plain_text import seen


class Undeliverable(Exception):
    """This message is refused for good; the sentence says why. `status` is the enhanced code of a mail server.

    What a stranger's server has said in it is kept without signs that nobody sees: PostgreSQL takes no NUL."""

    def __init__(self, says: str, status: str = "") -> None:
        super().__init__(seen(says, " "))
        self.status = status


class RecipientGone(Undeliverable):
    """The push service does not know this device any more: it is removed, nothing goes there again (FD-27)."""


class Delayed(Exception):
    """The message did not go out this time; trying later may help. The next one is tried all the same (FD-26).

    `wait` is how long the service asks to be left alone with it, None where it says nothing. The sentence is kept as
    that of Undeliverable."""

    def __init__(self, says: str, wait: timedelta | None = None) -> None:
        super().__init__(seen(says, " "))
        self.wait = wait


class Away(Delayed):
    """Nobody is there who would take any message: the run ends, so that not each of them loses an attempt."""


@dataclass(frozen=True)
class Outgoing:
    """One message on its way: `recipient` is an address, a phone number, or the id of a device's row.

    `name` is the template's; `user_id` is there when the message belongs to an account; `data` is what a page or an app
    is told besides the words. Of letters, `unsubscribe` is the link that switches such letters off, blank where nobody
    may, and `return_path` where they come back to, blank for the sender."""

    id: str
    realm: str
    recipient: str
    name: str
    letter: Letter
    user_id: str | None = None
    data: Mapping[str, Any] | None = None
    unsubscribe: str = ""
    return_path: str = ""


class Carrier(Protocol):
    """What carries the messages of one channel away, for one run; `at_once` is how many it takes at a time."""

    at_once: int

    def __enter__(self) -> Self:
        """Begin the run."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """End it."""

    def send_all(self, messages: Sequence[Outgoing]) -> list[Exception | None]:
        """Send these messages; return what became of each: None, or Delayed, Away, Undeliverable, RecipientGone."""


def one_by_one(send: Callable[[Outgoing], None], messages: Sequence[Outgoing]) -> list[Exception | None]:
    """Return what became of each message when `send` took it, where one is sent at a time."""
    return [_failure(send, message) for message in messages]


def _failure(send: Callable[[Outgoing], None], message: Outgoing) -> Exception | None:
    try:
        send(message)
    except Exception as error:
        return error
    return None

"""A letter box with its transports: one that keeps letters, one that fails as told, and a real mail server."""
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller

from app.notify.carrier import Outgoing
from app.notify.letters import Letter, LetterTemplate
from tests.app.notify.postmaster import Postmaster
from tests.components import free_port

if TYPE_CHECKING:
    from flask import Flask

TEXTS = Path(__file__).parent / "templates"
PLAIN, CODE = LetterTemplate("PLAIN", TEXTS), LetterTemplate("CODE", TEXTS, secret=True)


def outgoing(message_id: str, recipient: str, letter: Letter) -> Outgoing:
    """A message on its way that its person cannot switch off."""
    return Outgoing(message_id, "marketplace", recipient, "TEST", letter)


@pytest.fixture
def postmaster() -> Postmaster:
    """What the mail server does with letters."""
    return Postmaster()


@pytest.fixture
def mail_server(postmaster: Postmaster) -> Iterator[Controller]:
    """A real mail server on this machine."""
    controller = Controller(postmaster, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture
def post(app: "Flask") -> Callable[..., bool]:
    """Call it with an address and perhaps a cause: a letter is posted in a transaction of its own."""
    from app.actor import system_actor
    from app.data.unit_of_work import unit_of_work
    from app.notify.mailbox import post_letter

    def write(to: str, cause: str = "event-1", template: LetterTemplate = PLAIN, **options: Any) -> bool:
        with unit_of_work(system_actor("marketplace")) as work:
            posted = post_letter(work, realm="marketplace", to=to, name="TEST", template=template, cause=cause,
                                 facts={"title": "a clock", "fullname": "Ben", "secretCode": "123456"}, **options)
            work.commit()
        return posted
    return write

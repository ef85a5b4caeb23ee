"""The README's tour typed at a demo of a test's own, some of it before a loss or a move and the rest after it.

One shell is open all the time: it holds the tokens of old logins, and goes on with the next printed step."""
import shlex
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from app.jobs.wakeup import queue
from app.jobs.worker import GuildhallWorker
from app.ops.checks import FAIL, examine
from app.runtime import runtime
from blueprints.organization import organization_of
from blueprints.organization.application.tenants import add_client, add_tenant
from cli import load_command
from cli.demo_factories import PICTURED, product_id
from cli.demo_seed import seed_demo
from cli.prepare import prepare_system
from tests.app.ops.backup.system import System
from tests.clients import ApiClient
from tests.flow import settle
from tests.journeys.served import served
from tests.journeys.tours import PAGES, Shell, comparable, shell, shortened, steps
from tests.organization.world import SCOPES, Caller
from tests.testbed import cheap_passwords

PRODUCTS = "/marketplace/productlisting-api/v1/productlistingproducts"
TENANT = "acme"
LOG_IN, SECOND_BIDDER, ORDER, END = "ANNA=$(login", "bid $CLEO", "ORDER=", ""
"""How steps of the tour begin at which it may stop; END is none."""
ROTATE_KEYS = ("rotate-keys", "--realm", "marketplace", "--yes")


def failures(app: Flask) -> dict[str, str]:
    """Return what `flask doctor` finds wrong while a worker is at work: by check, all of them."""
    with app.app_context():
        worker = GuildhallWorker([queue()], connection=runtime().redis)
        worker.register_birth()
        try:
            return {found.check: found.says for found in examine() if found.state == FAIL}
        finally:
            worker.register_death()


@dataclass(frozen=True, slots=True)
class Kept:
    """What must be there afterwards, too: a tenant's record, for its old token and its old secret, and a picture."""

    client_id: str
    client_secret: str
    token: str
    organization: str
    picture: bytes

    def is_there(self, app: Flask) -> None:
        """Find it, and keep another record."""
        assert _picture(app) == self.picture
        for token in (self.token, _tenant_token(app, self.client_id, self.client_secret)):
            caller = Caller(app, TENANT, token)
            assert caller.get(self.organization).get_json()["legalName"] == "Épées"
            assert caller.get(caller.add(legalName="Another")).get_json()["legalName"] == "Another"


class BegunTour:
    """The tour in its shell; `kept` is None before it has begun."""

    def __init__(self, prompt: Shell, listener: socket.socket) -> None:
        self.prompt = prompt
        self._listener = listener
        self.kept: Kept | None = None
        self._tour = steps(PAGES[0].read_text())
        self._left = list(self._tour)

    def begin(self, app: Flask, until: str) -> None:
        """Make a demo with a tenant, and type the tour until the step that begins so."""
        prepare_system()
        seed_demo("marketplace")
        settle()
        ports = organization_of().ports
        add_tenant(ports, TENANT)
        client, secret = add_client(ports, TENANT, SCOPES, "tour")
        token = _tenant_token(app, client.client_id, secret)
        self.kept = Kept(client.client_id, secret, token, Caller(app, TENANT, token).add(legalName="Épées"),
                         _picture(app))
        self.go_on(app, until)

    def go_on(self, app: Flask, until: str) -> None:
        """Type the next steps until the one that begins so; each is answered as printed. What was kept is there."""
        with served(app, self._listener):
            while self._left and not (until and self._left[0].command.startswith(until)):
                step = self._left.pop(0)
                answer = shortened(self.prompt.type(step.command))
                assert comparable(answer) == comparable(step.answer), f"{step.command}\n{answer}"
                settle()
        assert self.kept is not None
        self.kept.is_there(app)
        assert failures(app) == {}

    def log_in_again(self, app: Flask) -> None:
        """Make new keys by the operator's command: old tokens are good, and so are old passwords for new ones."""
        done = app.test_cli_runner().invoke(load_command("auth"), ROTATE_KEYS)
        assert done.exit_code == 0, done.output
        [log_in] = [step.command for step in self._tour if step.command.startswith(LOG_IN)]
        with served(app, self._listener):
            for command in ("OLD=$CLEO", f"{log_in}; [ $CLEO != $OLD ] || CLEO=the-same"):
                assert self.prompt.type(command) == ""
                answer = self.prompt.type("call $CLEO auth-api/currentuser | fields fullname")
                assert "Cleo" in answer, answer

    def lead_to(self, place: System) -> None:
        """Lead the operator's commands to another place, as the environment file does."""
        assert self.prompt.type(f"export {' '.join(map(shlex.quote, map('='.join, place.environment.items())))}") == ""


@contextmanager
def tour_of(demo: System) -> Iterator[BegunTour]:
    """Open the shell of the tour, in whose environment the operator's commands find this demo.

    Its port is held to the end: the URL stays while one application after the other serves there."""
    with (cheap_passwords(), socket.create_server(("127.0.0.1", 0)) as listener,
          shell(f"http://127.0.0.1:{listener.getsockname()[1]}", **demo.environment) as prompt):
        yield BegunTour(prompt, listener)


def _tenant_token(app: Flask, client_id: str, secret: str) -> str:
    answer = ApiClient(app).post("/organization-api/oauth/token", data={
        "grant_type": "client_credentials", "client_id": client_id, "client_secret": secret})
    return str(_given(answer)["access_token"])


def _picture(app: Flask) -> bytes:
    """Return the bytes of the picture that a listing of the demo shows."""
    visitor = ApiClient(app)
    shown = _given(visitor.get(f"{PRODUCTS}/{product_id(PICTURED[0])}"))["productListingProduct"]["media"][0]
    answer = visitor.get(urlsplit(shown["url"]).path)
    assert answer.status_code == 200, answer.text
    return answer.data


def _given(answer: TestResponse) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json

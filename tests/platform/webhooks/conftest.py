"""Who has webhooks in these tests, what happens meanwhile, and who sends it."""
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.events.relay import relay_all
from app.outward.addresses import OutwardRules
from app.outward.client import OutwardClient
from blueprints.platform.webhooks import rules
from blueprints.platform.webhooks.sender import send_all
from tests.clients import ApiClient, Callers
from tests.platform.webhooks.receivers import Receiver, receiving

HOOKS = "/marketplace/webhooks-api/v1/webhookendpoints"
CATEGORIES = "/marketplace/categorymanagement-api/v1/categories"
CREATED = "ebaycclone-categorymanagement-service-dbevent-category-created"
UPDATED = "ebaycclone-categorymanagement-service-dbevent-category-updated"
DELETED = "ebaycclone-categorymanagement-service-dbevent-category-deleted"
CLIENT = OutwardClient(OutwardRules(is_local_fine=True), connect_seconds=60, total_seconds=60)  # on a loaded machine


@dataclass
class Webhook:
    """A webhook of somebody, as it is used over HTTP."""

    client: ApiClient
    id: str
    secret: str

    @property
    def row(self) -> dict[str, Any]:
        return self.client.get(f"{HOOKS}/{self.id}").json["webhookEndpoint"]

    @property
    def deliveries(self) -> list[dict[str, Any]]:
        """What it was sent, the oldest first."""
        rows = self.client.get(f"{HOOKS}/{self.id}/deliveries?pageRowCount=1000").json["webhookDeliveries"]
        return sorted(rows, key=lambda row: row["position"] or 0)

    def post(self, part: str, **body: Any) -> Any:
        return self.client.post(f"{HOOKS}/{self.id}/{part}", json=body)

    def change(self, **body: Any) -> Any:
        return self.client.patch(f"{HOOKS}/{self.id}", json=body)


@dataclass
class Post:
    """What happens, and the sender."""

    admin: ApiClient

    def category(self, title: str) -> str:
        """Make a category and return its id."""
        made = self.admin.post(CATEGORIES, json={"title": title})
        assert made.status_code == 201, made.text
        return made.json["category"]["id"]

    def retitle(self, category_id: str, title: str) -> None:
        assert self.admin.patch(f"{CATEGORIES}/{category_id}", json={"title": title}).status_code == 200

    def go(self, client: OutwardClient = CLIENT) -> int:
        """Let the relay and the sender do all there is to do; returns how many attempts were made."""
        relay_all()
        return send_all(client)


@pytest.fixture(autouse=True)
def _nothing_is_tried_again_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five seconds pass by themselves on a loaded machine; the wait after the first failure is ten minutes here."""
    monkeypatch.setattr(rules, "WAITS", (timedelta(minutes=10), *rules.WAITS[1:]))


@pytest.fixture
def local_app(make_app: Callable[..., Flask]) -> Flask:
    """The application where receivers on this machine are good."""
    return make_app(OUTWARD_LOCAL="1")


@pytest.fixture
def people(local_app: Flask) -> Callers:
    return Callers(local_app)


@pytest.fixture
def post(people: Callers) -> Post:
    made = Post(people.admin())
    made.go()  # the log is read from here on
    return made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def hook(people: Callers) -> Callable[..., Webhook]:
    """Call it with a receiver: the webhook of ben, or of who is named."""
    def made(receiver: Receiver | str, *topics: str, client: ApiClient | None = None, **more: Any) -> Webhook:
        client = client or people.user("ben")
        url = receiver if isinstance(receiver, str) else receiver.url
        answer = client.post(HOOKS, json={"url": url, "topics": list(topics or (CREATED, UPDATED, DELETED)), **more})
        assert answer.status_code == 201, answer.text
        return Webhook(client, answer.json["webhookEndpoint"]["id"], answer.json["secret"])

    return made

"""Who is told what in the network: its people, their notices and letters, and events of services that others build."""
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.clients import ApiClient, Callers
    from tests.network.company.pages import Pages
    from tests.network.networking.circle import Circle

Row = dict[str, Any]


@pytest.fixture
def circle(callers: "Callers") -> "Circle":
    """People A, B, C and D, who invite each other and answer."""
    from tests.network.networking.circle import Circle

    return Circle(callers)


@pytest.fixture
def pages(callers: "Callers") -> "Pages":
    """The same people as A, B, C and D around company pages."""
    from tests.network.company.pages import Pages

    return Pages(callers)


@pytest.fixture
def inbox(settle: Callable[[], None]) -> "Callable[..., list[Row]]":
    """Call it with a person and perhaps a type: the notices once the system has come to rest, oldest first."""
    def read(person: "ApiClient", kind: str | None = None) -> list[Row]:
        settle()
        answer = person.get("/network/notification-service/notifications?sortOrder=asc&limit=100")
        return [item for item in answer.json["items"] if kind in (None, item["type"])]
    return read


@pytest.fixture
def publish(app: object) -> "Callable[..., None]":
    """Call it with a topic, a row and perhaps who caused it: the event of a service that is not under test here."""
    from app.actor import system_actor
    from app.data.unit_of_work import unit_of_work

    def emit(topic: str, row: Row, by: "ApiClient | None" = None) -> None:
        with unit_of_work(by.actor if by else system_actor("network")) as work:
            work.emit(topic, row.get("id", "x"), row)
            work.commit()
    return emit


@pytest.fixture
def sources(app: object) -> "Iterator[Callable[..., None]]":
    """Call it with what notices shall know: author_of_post=…, participants_of=…, posting=…."""
    from app.runtime import runtime
    from blueprints.network.notices.sources import Sources

    def know(**functions: Any) -> None:
        runtime().keep(Sources(**functions))
    former = runtime().part(Sources)
    yield know
    runtime().keep(former)

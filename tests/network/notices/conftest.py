"""Who is told what in the network: its people, their notices and letters."""
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.clients import ApiClient, Callers
    from tests.network.company.pages import Pages
    from tests.network.content.wall import Wall
    from tests.network.job_application.offers import Offers
    from tests.network.messaging.chat import Chat
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
def wall(callers: "Callers") -> "Wall":
    """The same people, who post, like and comment."""
    from tests.network.content.wall import Wall

    return Wall(callers)


@pytest.fixture
def offers(callers: "Callers") -> "Offers":
    """The same people around jobs; A and B administer Acme."""
    from tests.network.job_application.offers import Offers

    return Offers(callers)


@pytest.fixture
def chat(callers: "Callers") -> "Chat":
    """The same people, who write to each other."""
    from tests.network.messaging.chat import Chat

    return Chat(callers)


@pytest.fixture
def inbox(settle: Callable[[], None]) -> "Callable[..., list[Row]]":
    """Call it with a person and perhaps a type: the notices once the system has come to rest, oldest first."""
    def read(person: "ApiClient", kind: str | None = None) -> list[Row]:
        settle()
        answer = person.get("/network/notification-service/notifications?sortOrder=asc&limit=100")
        return [item for item in answer.json["items"] if kind in (None, item["type"])]
    return read

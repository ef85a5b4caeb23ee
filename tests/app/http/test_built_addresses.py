"""No start pays for building addresses, and they can be built all the same."""
import pytest
from flask import Flask

from app.http.application import Application


@pytest.fixture
def application() -> Flask:
    app = Application("addresses")
    app.add_url_rule("/things/<thing_id>/parts/<int:number>", "part", lambda thing_id, number: "")
    return app


def test_an_address_is_built_of_its_values(application: Flask) -> None:
    urls = application.url_map.bind("localhost")
    for number in (7, 8):
        assert urls.build("part", {"thing_id": "a b", "number": number}) == f"/things/a%20b/parts/{number}"
    assert urls.build("part", {"thing_id": "a", "number": 7, "page": 2}) == "/things/a/parts/7?page=2"

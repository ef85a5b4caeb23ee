"""The first and the last moment of the calendar come back whatever time zone the database server keeps."""
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from app.data.entity import db
from tests.clients import ApiClient

RECORDS = "/marketplace/searchindexing-api/v1/searchindexes"
SOME_ID = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"


@pytest.fixture(params=["Pacific/Kiritimati", "America/Los_Angeles"])
def server_zone(app: Flask, request: pytest.FixtureRequest) -> Iterator[None]:
    """A database server in a zone far ahead of or behind UTC; SQLite knows none."""
    _keep_zone(f"SET TIME ZONE '{request.param}'")
    yield
    _keep_zone("RESET TIME ZONE")


def _keep_zone(clause: str) -> None:
    if db.engine.dialect.name == "postgresql":
        with db.engine.begin() as connection:
            name = connection.execute(text("SELECT current_database()")).scalar()
            connection.execute(text(f'ALTER DATABASE "{name}" {clause}'))
        db.engine.dispose()


@pytest.mark.usefixtures("server_zone")
@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"])
def test_the_ends_of_the_calendar_come_back(as_super_admin: ApiClient, moment: str) -> None:
    body = {"documentType": "PRODUCT", "document": {}, "referenceId": SOME_ID, "indexedAt": moment}
    made = as_super_admin.post(RECORDS, json=body)
    assert made.status_code == 201, made.text
    one = as_super_admin.get(f"{RECORDS}/{made.json['searchIndex']['id']}").json["searchIndex"]
    [listed] = as_super_admin.get(f"{RECORDS}?indexedAt={moment}&caching=false").json["searchIndices"]
    assert one["indexedAt"] == listed["indexedAt"] == moment

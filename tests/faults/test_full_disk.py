"""A full disk: reads are answered, writes are refused with 503, and all goes on when there is room again."""
import json
from collections.abc import Iterator
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from app.data.entity import db
from tests.clients import ApiClient
from tests.components import wait_until
from tests.live import LiveSystem, live_system
from tests.small_disk import filled
from tests.small_disk import small_disk as a_small_disk

CATEGORIES = "/marketplace/categorymanagement-api/v1/categories"
HEALTH = "/marketplace/categorymanagement-api/health"
UPLOAD = "/marketplace/productlisting-api/api/media/upload"
SIZE = "96m"
MOST_WRITES = 3000  # SQLite's log has room of its own for some

_FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON {table} EXECUTE FUNCTION no_room();"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, with little room."""
    with a_small_disk(tmp_path / "disk", SIZE) as folder:
        yield folder


def call(system: LiveSystem, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", int(system.environment["PORT"]), timeout=60)
    try:
        raw = isinstance(body, bytes)
        connection.request(method, path, body if raw else json.dumps(body), {
            "Authorization": f"Bearer {token}",
            "Content-Type": "multipart/form-data; boundary=x" if raw else "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@pytest.mark.slow
@pytest.mark.once("about the disk that SQLite, the streams, the media and the logs share")
def test_on_a_full_disk_reads_go_on_writes_are_refused_and_nobody_dies(small_disk: Path) -> None:
    with live_system(small_disk / "home", DATABASE_URL="", TMPDIR=str(small_disk)) as system:
        login = {"username": "admin@admin.com", "password": "superadmin-test-1"}
        token = call(system, "POST", "/marketplace/auth-api/login", login)[1]["accessToken"]
        wait_until(lambda: system.is_back("web", 3), "both web workers run")
        workers = system.pids("web")

        def create(title: str) -> int:
            return call(system, "POST", CATEGORIES, {"title": title}, token)[0]

        assert create("before") == 201
        with filled(small_disk):
            statuses = [create("on the full disk")]
            while statuses[-1] == 201 and len(statuses) < MOST_WRITES:
                statuses.append(create(f"on the full disk {len(statuses)}"))
            assert statuses[-1] == 503
            for _ in range(8):
                assert call(system, "GET", f"{CATEGORIES}?caching=false", token=token)[0] == 200
                assert call(system, "GET", HEALTH)[0] == 200
                assert create("again") in (201, 503)
                assert call(system, "POST", UPLOAD, _picture(), token)[0] == 503
            assert system.pids("web") == workers
        wait_until(lambda: create("there is room") == 201, "writes go on")
        assert system.pids("web") == workers
        rows = call(system, "GET", f"{CATEGORIES}?caching=false&pageRowCount=1000", token=token)[1]
        assert "there is room" in {row["title"] for row in rows["categories"]}


def _picture() -> bytes:
    """Return a good upload."""
    content = BytesIO()
    Image.new("RGB", (64, 64)).save(content, "PNG")
    return (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
            + content.getvalue() + b"\r\n--x--\r\n")


@pytest.mark.postgresql
def test_a_full_disk_of_postgresql_is_a_503_until_there_is_room(as_admin: ApiClient) -> None:
    table = "marketplace_category"
    with db.engine.begin() as connection:
        connection.execute(text(_FULL.format(table=table)))
    try:
        refused = as_admin.post(CATEGORIES, json={"title": "Electronics"})
        assert (refused.status_code, refused.json["errCode"]) == (503, "ServiceUnavailable")
        assert as_admin.get(CATEGORIES).status_code == 200
    finally:
        with db.engine.begin() as connection:
            connection.execute(text(f"DROP TRIGGER full_disk ON {table}; DROP FUNCTION no_room()"))
    assert as_admin.post(CATEGORIES, json={"title": "Electronics"}).status_code == 201

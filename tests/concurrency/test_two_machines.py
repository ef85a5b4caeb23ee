"""Two machines (two instance folders) on one PostgreSQL and one Valkey: what ends on one ends on the other."""
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.components import running_valkey
from tests.live import LiveSystem, live_system
from tests.testbed import Testbed

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]
ADMIN = ("admin@admin.com", "superadmin-test-1")


@pytest.fixture
def machines(testbed: Testbed, tmp_path: Path) -> Iterator[tuple[LiveSystem, LiveSystem]]:
    """Two whole systems on the same servers; they share no file."""
    with ExitStack() as stack:
        shared = {"DATABASE_URL": stack.enter_context(testbed.fresh_database()),
                  "REDIS_URL": stack.enter_context(running_valkey()), "EMAIL_VERIFICATION_REQUIRED": "0"}
        yield (stack.enter_context(live_system(tmp_path / "one", **shared)),
               stack.enter_context(live_system(tmp_path / "two", **shared)))


def test_logout_lock_and_role_change_hold_on_the_other_machine_and_doctor_finds_one_that_keeps_versions_in_memory(
        machines: tuple[LiveSystem, LiveSystem], kept_flask: list[str]) -> None:
    _logout_lock_and_role_change_hold_on_the_other_machine_at_the_next_request(*machines, kept_flask)
    _doctor_finds_a_second_machine_that_keeps_versions_in_memory(machines[0], kept_flask)


def _logout_lock_and_role_change_hold_on_the_other_machine_at_the_next_request(
        one: LiveSystem, two: LiveSystem, flask: list[str]) -> None:
    admin = _login(one, *ADMIN)

    ben = _registered(one, "ben@example.com")
    _known_everywhere(two, ben)
    assert _call(one, "POST", "/logout", ben).status_code == 200
    assert _statuses(two, ben) == {401}

    ben = _login(one, "ben@example.com")
    _known_everywhere(two, ben)
    user_id = _call(two, "GET", "/currentuser", ben).json()["userId"]
    changed = _call(one, "PATCH", f"/v1/userrole/{user_id}", admin, json={"roleId": "admin"})
    assert changed.status_code == 200, changed.text
    ben = _login(one, "ben@example.com")
    _known_everywhere(two, ben)
    assert _call(two, "GET", "/v1/users", ben).status_code == 200
    changed = _call(one, "PATCH", f"/v1/userrole/{user_id}", admin, json={"roleId": "user"})
    assert changed.status_code == 200, changed.text
    assert {_call(two, "GET", "/v1/users", ben).status_code for _ in range(6)} <= {401, 403}

    ben = _login(one, "ben@example.com")
    _known_everywhere(two, ben)
    locked = one.flask("users", "lock", "ben@example.com", "--as", "admin@admin.com", "--yes", words=flask)
    assert locked.returncode == 0, locked.stderr
    assert _statuses(two, ben) == {401}


def _doctor_finds_a_second_machine_that_keeps_versions_in_memory(one: LiveSystem, flask: list[str]) -> None:
    found = _doctor(one, flask)
    assert found["state"] == "ok"
    assert found["says"].startswith("in Redis; 2 ")
    one.environment["SINGLE_MACHINE"] = "1"
    assert _doctor(one, flask)["state"] == "fail"


def _call(system: LiveSystem, method: str, path: str, token: str = "", **options: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.request(method, f"{system.url}/marketplace/auth-api{path}", headers=headers, timeout=30, **options)


def _registered(system: LiveSystem, email: str) -> str:
    answer = _call(system, "POST", "/v1/registeruser",
                   json={"email": email, "password": ADMIN[1], "fullname": "Una"})
    assert answer.status_code == 201, answer.text
    return _login(system, email)


def _login(system: LiveSystem, email: str, password: str = ADMIN[1]) -> str:
    answer = _call(system, "POST", "/login", json={"username": email, "password": password})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["accessToken"])


def _statuses(system: LiveSystem, token: str) -> set[int]:
    """Ask often enough to reach both web processes of the machine."""
    return {_call(system, "GET", "/currentuser", token).status_code for _ in range(8)}


def _known_everywhere(system: LiveSystem, token: str) -> None:
    assert _statuses(system, token) == {200}


def _doctor(system: LiveSystem, flask: list[str]) -> dict[str, str]:
    rows: list[dict[str, str]] = json.loads(system.flask("doctor", "--json", words=flask).stdout)
    return next(row for row in rows if row["check"] == "cache versions")

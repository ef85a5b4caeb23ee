"""What the tests stand on: a clean start for each test, users with sessions, and a network that ends at loopback."""
import socket
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.actor import system_actor
from app.data.connections import reading
from app.data.unit_of_work import unit_of_work
from app.runtime import runtime
from blueprints.marketplace.category_management.commands import create_category
from blueprints.marketplace.category_management.models import Category
from tests.clients import ApiClient, Callers

MOUNT = "/marketplace/categorymanagement-api/v1/categories"


def _categories() -> int:
    with reading() as connection:
        return connection.execute(select(func.count()).select_from(Category)).scalar_one()


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_starts_on_a_clean_database_redis_and_cache(app: Flask, client: ApiClient, turn: int) -> None:
    assert _categories() == 0
    assert {*runtime().redis.keys()} <= {b"guildhall:versions"}  # every start invalidates what caches hold
    create_category(system_actor("marketplace"), title=f"Watches {turn}")
    runtime().redis.set("left-over", "1")
    assert _categories() == 1


def test_a_caller_has_a_session_of_its_role(callers: Callers, client: ApiClient) -> None:
    assert client.post(MOUNT, json={"title": "Watches"}).status_code == 401
    assert callers.user().post(MOUNT, json={"title": "Watches"}).status_code == 403
    assert callers.admin().post(MOUNT, json={"title": "Watches"}).status_code == 201
    assert callers.super_admin().post(MOUNT, json={"title": "Cameras"}).status_code == 201


def test_a_session_of_one_realm_is_none_of_the_other(callers: Callers) -> None:
    assert callers.admin(realm="network").post(MOUNT, json={"title": "Watches"}).status_code == 401


def test_what_is_not_committed_is_gone(app: Flask) -> None:
    with unit_of_work(system_actor("marketplace")) as work:
        work.insert(Category(title="Never"))
        work.flush()
        work.rollback()
    assert _categories() == 0


def test_a_settled_system_owes_nothing(app: Flask, settle: Callable[[], None]) -> None:
    create_category(system_actor("marketplace"), title="Watches")
    settle()
    from app.ops.health import backlog

    assert set(backlog().values()) == {0}


def test_no_test_reaches_beyond_this_machine() -> None:
    with socket.socket() as probe, pytest.raises(AssertionError):
        probe.connect(("192.0.2.1", 80))

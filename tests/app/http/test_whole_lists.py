"""pageNumber=0: all rows for staff, sent while they are read; for others up to the bound (rules-platform §2.3)."""
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.data.reads import lists
from blueprints.marketplace.category_management.commands import create_category, create_subcategory
from tests.clients import ApiClient

CATEGORIES = "/marketplace/categorymanagement-api/v1/categories"
SUBCATEGORIES = "/marketplace/categorymanagement-api/v1/subcategories"
USERS = "/marketplace/auth-api/v1/users"
NOTIFICATIONS = "/marketplace/notificationmanagement-api/v1/notifications"


@pytest.fixture
def small(make_app: Callable[..., Flask]) -> Flask:
    """An application whose pages hold two rows."""
    return make_app(PAGE_SIZE_LIMIT="2", READ_EVENTS="off")


@pytest.fixture
def staff(small: Flask, as_admin: ApiClient) -> ApiClient:
    return ApiClient(small, token=as_admin.token)


def titles(answer: Any) -> list[str]:
    return [row["title"] for row in answer.json["categories"]]


def add(actor: ApiClient, *names: str) -> None:
    for name in names:
        create_category(actor.actor, title=name)


@pytest.mark.parametrize("many", [0, 1, 2, 3, 4, 5])
def test_staff_get_all_rows_in_the_order_of_the_pages(as_admin: ApiClient, staff: ApiClient, many: int) -> None:
    add(as_admin, *(f"c{number}" for number in range(many)))
    answer = staff.get(f"{CATEGORIES}?pageNumber=0")
    assert titles(answer) == [f"c{number}" for number in range(many)] == titles(as_admin.get(CATEGORIES))
    assert (answer.json["rowCount"], answer.json["paging"]["totalRowCount"]) == (many, many)
    assert (answer.json["paging"]["pageNumber"], answer.json["paging"]["next"]) == (0, None)
    assert answer.json.keys() == as_admin.get(CATEGORIES).json.keys()


def test_others_get_rows_up_to_the_bound_and_where_to_go_on(
        small: Flask, as_admin: ApiClient, as_user: Callable[..., ApiClient]) -> None:
    add(as_admin, "a", "b", "c")
    answer = ApiClient(small, token=as_user("ben").token).get(f"{CATEGORIES}?pageNumber=0")
    assert titles(answer) == ["a", "b"]
    assert answer.json["paging"]["next"]


def test_filters_and_root_keys_come_along(
        staff: ApiClient, as_admin: ApiClient, as_user: Callable[..., ApiClient]) -> None:
    ben = as_user("ben")
    body = {"notificationType": "SYSTEM_ALERT", "userId": ben.user_id, "channel": "IN_APP", "payload": {},
            "isRead": False}
    for _ in range(5):
        assert as_admin.post(NOTIFICATIONS, json=body).status_code == 201
    answer = staff.get(f"{NOTIFICATIONS}?pageNumber=0&userId={ben.user_id}&isRead=false").json
    assert (len(answer["notifications"]), answer["unread"], len(answer["filters"])) == (5, 0, 2)
    assert staff.get(f"{NOTIFICATIONS}?pageNumber=0&isRead=true").json["rowCount"] == 0


def test_every_batch_has_its_joins(staff: ApiClient, as_admin: ApiClient) -> None:
    category = create_category(as_admin.actor, title="a")
    for name in "bcdef":
        create_subcategory(as_admin.actor, category_id=category.id, name=name, group="MORE")
    for asked, joined in (("", "a"), ("&getJoins=false", None)):
        rows = staff.get(f"{SUBCATEGORIES}?pageNumber=0{asked}").json["subcategories"]
        assert [row.get("category", {}).get("title") for row in rows] == [joined] * 5


def test_every_person_comes_once(staff: ApiClient, as_user: Callable[..., ApiClient]) -> None:
    ids = {as_user(name).user_id for name in ("ann", "ben", "cleo", "dora", "ed")}
    listed = [row["id"] for row in staff.get(f"{USERS}?pageNumber=0").json["users"]]
    assert ids < {*listed}
    assert len(listed) == len({*listed})


def streamed(staff: ApiClient) -> Iterator[bytes]:
    """Return the pieces of the list as the server takes them, one by one."""
    response = staff._client.get(f"{CATEGORIES}?pageNumber=0", headers={"Authorization": f"Bearer {staff.token}"})
    return response.iter_encoded()


def test_what_is_changed_meanwhile_brings_no_row_twice_and_loses_none_that_stays(
        staff: ApiClient, as_admin: ApiClient) -> None:
    add(as_admin, "a", "b", "c", "d", "e")
    pieces = streamed(staff)
    said = next(pieces)
    add(as_admin, "f")
    said += b"".join(pieces)
    for name in b"abcdef":
        assert said.count(b'"title":"%c"' % name) == 1


def test_a_failure_on_the_way_never_ends_the_json(
        staff: ApiClient, as_admin: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    add(as_admin, "a", "b", "c")
    pieces = streamed(staff)
    said = next(pieces)
    monkeypatch.setattr(lists, "_raw_rows", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        next(pieces)
    assert not said.rstrip().endswith(b"}}")
    assert b"rowCount" not in said


def test_the_statements_of_a_batch_do_not_grow_with_its_rows(
        make_app: Callable[..., Flask], as_admin: ApiClient, count_statements: Callable[[], Any]) -> None:
    add(as_admin, *(f"c{number}" for number in range(12)))
    counts = []
    for limit in ("3", "6"):
        staff = ApiClient(make_app(PAGE_SIZE_LIMIT=limit, READ_EVENTS="off"), token=as_admin.token)
        staff.get(f"{CATEGORIES}?pageNumber=1")
        with count_statements() as statements:
            assert len(titles(staff.get(f"{CATEGORIES}?pageNumber=0&caching=false"))) == 12
        counts.append(len(statements))
    assert counts[0] == 2 * counts[1]

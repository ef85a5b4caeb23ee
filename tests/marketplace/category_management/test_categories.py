"""Everybody logged in reads the catalogue, staff writes it (rules-marketplace §3.5: CA-1 … CA-5)."""
from collections.abc import Callable

import pytest

from app.clock import moved_clock
from app.factory import AUTH, CATEGORY_MANAGEMENT, KERNEL
from tests.clients import ApiClient

ROOT = "/marketplace/categorymanagement-api/v1"
CATALOGUE = (KERNEL, AUTH, CATEGORY_MANAGEMENT)
"""What an application of its own needs here."""
AsUser = Callable[..., ApiClient]


def new_category(staff: ApiClient, title: str = "Electronics") -> str:
    answer = staff.post(f"{ROOT}/categories", json={"title": title})
    assert answer.status_code == 201
    return str(answer.json["category"]["id"])


def test_ca_1_staff_creates_a_category(as_admin: ApiClient, as_user: AsUser, client: ApiClient) -> None:
    assert client.post(f"{ROOT}/categories", json={"title": "Electronics"}).status_code == 401
    assert as_user().post(f"{ROOT}/categories", json={"title": "Electronics"}).status_code == 403
    refused = as_admin.post(f"{ROOT}/categories", json={})
    assert refused.status_code == 400
    assert refused.json["detail"] == {"title": "is required"}
    created = as_admin.post(f"{ROOT}/categories", json={"title": "Electronics"})
    assert created.status_code == 201
    assert created.json["dataName"] == "category"
    assert created.json["category"]["title"] == "Electronics"


def test_ca_2_a_subcategory_needs_a_known_group_and_an_existing_category(as_admin: ApiClient) -> None:
    category = new_category(as_admin)
    body = {"categoryId": category, "name": "Phones", "group": "MOST_POPULAR"}
    assert as_admin.post(f"{ROOT}/subcategories", json=body | {"group": "X"}).status_code == 400
    unknown = body | {"categoryId": "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"}
    assert as_admin.post(f"{ROOT}/subcategories", json=unknown).status_code == 404
    created = as_admin.post(f"{ROOT}/subcategories", json=body)
    assert created.status_code == 201
    assert created.json["subcategory"]["group_idx"] == 0


def test_ca_3_subcategories_are_filtered_by_category_and_group(as_admin: ApiClient, as_user: AsUser) -> None:
    category = new_category(as_admin)
    as_admin.post(f"{ROOT}/subcategories", json={"categoryId": category, "name": "Phones", "group": "MOST_POPULAR"})
    user = as_user()
    popular = user.get(f"{ROOT}/subcategories?categoryId={category}&group=MOST_POPULAR")
    assert len(popular.json["subcategories"]) == 1
    assert popular.json["filters"] == [{"name": "categoryId", "value": category},
                                       {"name": "group", "value": "MOST_POPULAR"}]
    assert user.get(f"{ROOT}/subcategories?categoryId={category}&group=MORE").json["subcategories"] == []


def test_ca_4_a_change_leaves_the_rest_and_raises_the_version(as_admin: ApiClient) -> None:
    category = new_category(as_admin)
    changed = as_admin.patch(f"{ROOT}/categories/{category}", json={"subtitle": "s", "title": None})
    assert changed.status_code == 200
    assert changed.json["category"]["title"] == "Electronics"
    assert changed.json["category"]["subtitle"] == "s"
    assert changed.json["category"]["recordVersion"] == 2


def test_ca_5_a_deleted_category_is_gone_for_everybody(as_admin: ApiClient, as_user: AsUser) -> None:
    category = new_category(as_admin)
    user = as_user()
    assert as_admin.delete(f"{ROOT}/categories/not-an-id").status_code == 400
    deleted = as_admin.delete(f"{ROOT}/categories/{category}")
    assert deleted.status_code == 200
    assert deleted.json["category"]["isActive"] is False
    assert user.get(f"{ROOT}/categories/{category}").status_code == 404
    assert as_admin.get(f"{ROOT}/categories/{category}").status_code == 404
    assert user.get(f"{ROOT}/categories").json["categories"] == []


def test_categories_come_oldest_first_whatever_their_ids(as_admin: ApiClient) -> None:
    """G7, decision 4."""
    late, early = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e", "f18f4c1e-7b1a-4c3e-9a52-0d6f1b2c3d4e"
    as_admin.post(f"{ROOT}/categories", json={"title": "First", "categoryId": early})
    with moved_clock(seconds=1):
        as_admin.post(f"{ROOT}/categories", json={"title": "Second", "categoryId": late})
    assert [row["title"] for row in as_admin.get(f"{ROOT}/categories").json["categories"]] == ["First", "Second"]


def test_titles_need_not_be_unique(as_admin: ApiClient) -> None:
    assert new_category(as_admin, "Toys") != new_category(as_admin, "Toys")


@pytest.mark.parametrize("title", ["x" * 256, "", "   ", "a\x00b", 5, ["x"], {"x": 1}, True])
def test_a_title_that_is_no_short_text_is_refused_by_name(as_admin: ApiClient, title: object) -> None:
    refused = as_admin.post(f"{ROOT}/categories", json={"title": title})
    assert refused.status_code == 400
    assert "title" in refused.json["detail"]


def test_a_subcategory_cannot_move_to_a_deleted_category(as_admin: ApiClient) -> None:
    category, gone = new_category(as_admin), new_category(as_admin)
    made = as_admin.post(f"{ROOT}/subcategories", json={"categoryId": category, "name": "Phones", "group": "MORE"})
    subcategory = made.json["subcategory"]["id"]
    as_admin.delete(f"{ROOT}/categories/{gone}")
    assert as_admin.patch(f"{ROOT}/subcategories/{subcategory}", json={"categoryId": gone}).status_code == 404
    assert as_admin.patch(f"{ROOT}/subcategories/{subcategory}", json={"group": "MOST_POPULAR"}).status_code == 200
    assert as_admin.delete(f"{ROOT}/subcategories/{subcategory}").status_code == 200
    assert as_admin.get(f"{ROOT}/subcategories/{subcategory}").status_code == 404


@pytest.mark.parametrize(("env", "said", "status"), [("demo", "", 200), ("demo", "0", 401), ("test", "", 401)])
def test_the_demo_alone_is_open_to_visitors_unless_it_is_set(
        env: str, said: str, status: int, make_app: Callable[..., object]) -> None:
    visitor = ApiClient(make_app(CATALOGUE, GUILDHALL_ENV=env, MARKETPLACE_PUBLIC_READS=said))
    assert visitor.get(f"{ROOT}/categories").status_code == status


def test_the_catalogue_opens_to_visitors_only_by_setting(make_app: Callable[..., object], client: ApiClient) -> None:
    assert client.get(f"{ROOT}/categories").status_code == 401
    opened = ApiClient(make_app(CATALOGUE, MARKETPLACE_PUBLIC_READS="1"))
    assert opened.get(f"{ROOT}/categories").status_code == 200
    assert opened.post(f"{ROOT}/categories", json={"title": "x"}).status_code == 401

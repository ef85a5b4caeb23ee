"""Scenarios 37, 38 and 40 of rules-platform §13; 39 is in test_saved_filters.py, 41 in test_notices.py."""
from base64 import urlsafe_b64decode
from typing import Any

import pytest

from app.data.visibility import read_objects
from tests.clients import ApiClient
from tests.platform.bff.model import Model
from tests.platform.bff.rows import ask, ids, keep, minutes

BUSINESS = {
    "marketplace": ("categorymanagement-api/v1/subcategories", "subcategory", "group",
                    {"name": "Sextants", "group": "MORE"}, {"name": "Octants"}),
    "network": ("jobapplication-api/v1/jobpostings", "jobPosting", "workplaceType",
                {"title": "Navigator", "description": "Finds the way.", "companyName": "Ships",
                 "workplaceType": "remote"}, {"title": "Pilot"})}
PRIVATE = {"marketplace": ("messagingMessage", "orderManagementOrder", "sys_paymentMethod", "sys_paymentCustomer",
                           "auctionOfferOffer", "notification", "watchlistItem", "cartItem", "watchlistList"),
           "network": ("message", "conversation", "sys_paymentMethod", "sys_paymentCustomer", "premiumsubscription",
                       "jobApplication", "connectionRequest", "companyFollower")}
ACTIVE = {"marketplace": ("auctionOfferBid", "ACTIVE", "productId"), "network": ("jobPosting", "active", "title")}


def test_37_what_a_business_api_does_is_read_at_once(realm: str, people: Any, ben: ApiClient) -> None:
    path, name, choice, body, change = BUSINESS[realm]
    writer = people.admin() if realm == "marketplace" else ben
    if realm == "marketplace":
        made = writer.post("/marketplace/categorymanagement-api/v1/categories", json={"title": "Ships"})
        body = {**body, "categoryId": made.json["category"]["id"]}
    row = writer.post(f"/{realm}/{path}", json=body).json[name]
    found = ben.get(f"/{realm}/bff-service/{name}/{row['id']}")
    assert found.status_code == 200
    assert {key: found.json[name][key] for key in body} == body
    assert isinstance(found.json[name][f"{choice}_idx"], int)
    assert writer.patch(f"/{realm}/{path}/{row['id']}", json=change).status_code == 200
    [listed] = ask(ben, realm, name)["items"]
    assert {key: listed[key] for key in change} == change
    assert listed["recordVersion"] == 2
    assert writer.delete(f"/{realm}/{path}/{row['id']}").status_code == 200
    assert ben.get(f"/{realm}/bff-service/{name}/{row['id']}").status_code == 404
    assert ask(ben, realm, name)["total"] == 0


def test_38_lists_equal_a_scan_of_the_database(realm: str, people: Any, ben: ApiClient) -> None:
    name, active, text = ACTIVE[realm]
    one = read_objects().get(realm, name)
    statuses = one.model.status.info["options"]
    keep(one.model, *({"status": status, "created_at": minutes(number)} | (
        {"title": f"Brass {number}"} if text == "title" else {}) for number, status in enumerate(statuses * 3)))
    first = ask(ben, realm, name, page=1, limit=2, sortBy="createdAt", sortOrder="desc",
                filters={"filters": {"status": {"operator": "eq", "value": active}}})
    assert [row["status"] for row in first["items"]] == [active] * 2
    assert {key: first[key] for key in ("total", "totalPage", "currentPage", "nextPage", "prevPage", "pageItem")} == {
        "total": 3, "totalPage": 2, "currentPage": 1, "nextPage": 2, "prevPage": None, "pageItem": 2}
    for caller in (ben, people.admin()):
        scan = Model(one, caller.actor)
        for filters in ({"status": {"operator": "noteq", "value": active}}, {"status": {
                "operator": "wildcard", "value": f"{active[0]}*"}}, {text: {"operator": "exists"}}, {"createdAt": {
                "operator": "range", "values": [minutes(2).isoformat(), minutes(6).isoformat()]}},
                {"status": {"operator": "match", "value": active}}, {"status_idx": {"operator": "range",
                                                                                   "values": [1, None]}}):
            wanted = scan.ordered(scan.found(filters), "createdAt", False)
            assert ids(ask(caller, realm, name, filters=filters, limit=100)) == wanted
            assert ask(caller, realm, name, verb="count", filters=filters)["total"] == len(wanted)
    refused = [(f"{name}/list", {"status": {"operator": "like", "value": active}}, 400),
               (f"{name}/list", {"stature": {"operator": "eq", "value": active}}, 400),
               (f"{name}/list?limit=0", {}, 400), (f"{name}s/list", {}, 404)]
    for path, body, status in refused:
        assert ben.post(f"/{realm}/bff-service/{path}", json=body).status_code == status


def test_40_nobody_reads_count_or_sorts_what_is_anothers(realm: str, ben: ApiClient, cleo: ApiClient) -> None:
    for name in PRIVATE[realm]:
        one = read_objects().get(realm, name)
        columns = one.model.__table__.columns
        [id_] = keep(one.model, {column.key: ben.user_id for column in columns
                                 if column.key.endswith("user_id") or column.key in ("owner", "buyer_id")})
        assert ask(cleo, realm, name)["total"] == ask(cleo, realm, name, verb="count")["total"] == 0, name
        assert cleo.get(f"/{realm}/bff-service/{name}/{id_}").status_code == 404
        assert ask(cleo, realm, name, q="text")["total"] == 0
        schema = cleo.get(f"/{realm}/bff-service/{name}/schema").json
        for field in schema["sortableFields"]:
            assert ask(cleo, realm, name, sortBy=field)["items"] == []
        facets = ask(cleo, realm, name, facets=",".join(schema["facetFields"][:20]))["facets"]
        for said in facets.values():
            assert said in ({}, {"min": None, "max": None}, {"min": None, "max": None, "currency": "USD"}), name


def test_40_of_others_a_person_reads_the_name_and_the_picture(realm: str, ben: ApiClient, cleo: ApiClient) -> None:
    shown = cleo.get(f"/{realm}/bff-service/user/{ben.user_id}").json["user"]
    assert {"email", "roleId", "phone", "address"}.isdisjoint(shown)
    own = ben.get(f"/{realm}/bff-service/user/{ben.user_id}").json["user"]
    assert own["email"] == ben.email
    for name in ("email", "roleId", "emailVerified", "phone", "password"):
        for body in ({name: {"operator": "exists"}}, {name: {"operator": "prefix", "value": "a"}}):
            assert cleo.post(f"/{realm}/bff-service/user/list", json=body).status_code == 400
        assert cleo.get(f"/{realm}/bff-service/user/list?sortBy={name}").status_code == 400
    assert ask(cleo, realm, "user", q=ben.email)["total"] == 0
    assert "createdAt" not in cleo.get(f"/{realm}/bff-service/user/schema").json["sortableFields"]
    cursor = ask(cleo, realm, "user", limit=1, filters={"id": {
        "operator": "eq", "values": [ben.user_id, cleo.user_id]}})["next"]
    assert b"2026" not in urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), "cursors can be read"


@pytest.mark.parametrize("name", ["password", "passwordHash", "suspendedUntil", "heldBy"])
def test_40_what_is_hidden_from_all_is_in_nothing(realm: str, people: Any, name: str) -> None:
    top = people.super_admin()
    assert name not in top.get(f"/{realm}/bff-service/user/schema").json["filterableFields"]
    assert top.post(f"/{realm}/bff-service/user/list", json={name: {"operator": "exists"}}).status_code == 400
    assert all(name not in row for row in ask(top, realm, "user", limit=100)["items"])

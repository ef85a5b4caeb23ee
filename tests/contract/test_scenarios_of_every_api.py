"""Scenarios 48 to 50 of rules-network §8: they are about every list, every object and every API of the network."""
from typing import Any

import pytest
from flask import Flask

from tests.clients import Callers
from tests.contract.fronts import NETWORK, Front
from tests.contract.network_calls import Network
from tests.contract.surface import Operation
from tests.contract.test_every_service import business_apis
from tests.flow import sent

# What others go with, last; what can have no success here, and why.
PARENTS = ("deleteConversation", "deletePost", "deleteJobPosting", "deleteCompany")
REFUSED = {"callbackPremiumsubscriptionPayment": "the gateway alone signs it",
           "deletePremuimSub": "the order is paid by now", "removeCompanyFollower": "the follower has left by now"}


@pytest.fixture
def fronts(paying_app: Flask, callers: Callers) -> list[Front]:
    """The services that only the network has, in one small world, whose superAdmin calls."""
    world = Network(paying_app, callers)
    return [Front(mount, world.caller, world.ids, lambda name: world.good[name](world)) for mount in NETWORK]


def operations(fronts: list[Front]) -> list[tuple[Front, Operation]]:
    """Return everything that can be called; what deletes behind the rest, parents behind their children."""
    def place(one: tuple[Front, Operation]) -> tuple[bool, int]:
        name = one[1].name
        return one[1].method == "DELETE", PARENTS.index(name) + 1 if name in PARENTS else 0

    return sorted(((front, operation) for front in fronts for operation in front.operations), key=place)


def assert_all_is_well(fronts: list[Front]) -> None:
    assert [fault for front in fronts for fault in front.faults] == []


def test_scenario_48_every_list_comes_in_pages(fronts: list[Front]) -> None:
    def asked(front: Front, operation: Operation, query: str) -> dict[str, Any]:
        answer = front.call(operation, f"{front.url(operation)}?{query}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json
        return found

    for front, operation in operations(fronts):  # a list of one row has no second page
        if operation.method == "POST" and operation.takes_json:
            front.call(operation)
    for front, operation in operations(fronts):
        if "pageNumber" in operation.queries:
            first, whole, second = (asked(front, operation, query) for query in (
                "", "pageNumber=0", "pageRowCount=1&pageNumber=2"))
            rows, paging = whole[whole["dataName"]], first["paging"]
            assert (paging["pageNumber"], paging["pageRowCount"]) == (1, 25), operation.name
            assert first[first["dataName"]] == rows[:25], operation.name
            assert second[second["dataName"]] == rows[1:2], operation.name
            assert second["paging"]["totalRowCount"] == paging["totalRowCount"], operation.name
            assert paging["totalRowCount"] in (len(rows), None), operation.name
    assert_all_is_well(fronts)


def test_scenario_49_what_is_deleted_is_not_found_any_more(fronts: list[Front]) -> None:
    """That a malformed id is a 400: test_every_service.py."""
    found = {}
    for front, delete in operations(fronts):
        if delete.method != "DELETE" or front.call(delete).status_code != 200:
            continue
        same = [(one, front.url(one)) for one in front.operations if one.places == delete.places and (
            one.method in ("GET", "DELETE") or one.name.startswith("update"))]
        found |= {one.name: front.call(one, url).status_code for one, url in same}
    assert set(found.values()) == {404}, found
    assert {"deleteProfile", "deleteMessage", *PARENTS} < set(found)
    assert_all_is_well(fronts)


def test_scenario_50_each_success_sends_its_event_once_and_a_refusal_none(
        fronts: list[Front], paying_app: Flask) -> None:
    """Reads send theirs in summaries, best effort (decision 24)."""
    topics = {(api.service.mount, api.name): api.topic for api in business_apis(paying_app)}
    refused = set()
    apart = {"paymentResult": None, "elapsedMs": 0}  # the event is written without the secret, a moment later
    for front, operation in operations(fronts):
        topic = topics.get((front.mount, operation.name))
        if topic is None or operation.method == "GET":
            continue
        front.visitor.request(operation.method, front.url(operation), json={})
        before = len(sent(topic))
        answer = front.call(operation)
        events = [event.payload | apart for event in sent(topic)[before:]]
        if answer.status_code >= 400:
            refused.add(operation.name)
        assert events == [answer.json | apart] * (answer.status_code < 400), operation.name
    assert refused == set(REFUSED)
    assert_all_is_well(fronts)

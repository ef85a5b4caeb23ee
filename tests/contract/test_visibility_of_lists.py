"""Every data object says who sees it, and its service's own list shows exactly that (FD-2): the rule is asked in Python
of every row there is, for each person of two small worlds, and the list answers over HTTP."""
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import select

from app.actor import Actor, anonymous
from app.data.entity import Entity
from app.data.reads import fetch
from app.data.visibility import Facts, Visibility, facts_by_id, owner_field, read_objects, those_visible, visible_in_sql
from app.settings import REALM_CODENAMES
from blueprints.network.content.queries import posts_seen_by
from blueprints.network.content.visibility import POSTS
from blueprints.platform.people.queries import people_at_rest
from blueprints.platform.people.rules import SELLING
from tests.clients import ApiClient
from tests.contract.leaks import SmallRealm, without_tokens
from tests.contract.test_leaks import Market, log, market  # noqa: F401
from tests.contract.test_network_leaks import SmallNetwork, network  # noqa: F401

pytestmark = pytest.mark.once("SQL and Python are held to each other on both databases (tests/app/data)")

MARKETPLACE_LISTS = {
    "category": "categorymanagement-api/v1/categories", "subcategory": "categorymanagement-api/v1/subcategories",
    "productListingProduct": "productlisting-api/v1/productlistingproducts",
    "auctionOfferBid": "auctionoffer-api/v1/auctionofferbids",
    "auctionOfferOffer": "auctionoffer-api/v1/auctionofferoffers",
    "orderManagementOrder": "ordermanagement-api/v1/ordermanagementorders",
    "orderManagementOrderItem": "ordermanagement-api/v1/ordermanagementorderitems",
    "sys_orderManagementOrderPayment": "ordermanagement-api/v1/ordermanagementorderpayments2",
    "sys_paymentCustomer": "ordermanagement-api/v1/paymentcustomers",
    "feedback": "feedback-api/v1/feedbacks", "messagingMessage": "messaging-api/v1/messagingmessages",
    "notification": "notificationmanagement-api/v1/notifications", "cartItem": "watchlistcart-api/v1/cartitems",
    "watchlistItem": "watchlistcart-api/v1/watchlistitems", "watchlistList": "watchlistcart-api/v1/watchlistlists",
    "searchIndex": "searchindexing-api/v1/searchindexes",
    "moderationAction": "adminmoderation-api/v1/moderationactions",
}
NETWORK_LISTS = {
    "profile": "profile-api/v1/profiles", "certification": "profile-api/v1/certifications",
    "language": "profile-api/v1/languages", "premiumsubscription": "profile-api/v1/premuimsub",
    "sys_premiumsubscriptionPayment": "profile-api/v1/premiumsubscriptionpayments2",
    "sys_paymentCustomer": "profile-api/v1/paymentcustomers", "company": "company-api/v1/companies",
    "companyAdmin": "company-api/v1/companyadmins", "companyFollower": "company-api/v1/companyfollowers",
    "companyUpdate": "company-api/v1/companyupdates", "post": "content-api/v1/posts",
    "comment": "content-api/v1/comments", "like": "content-api/v1/likes",
    "jobPosting": "jobapplication-api/v1/jobpostings",
    "jobApplication": "jobapplication-api/v1/jobapplications", "message": "messaging-api/v1/messages",
    "conversation": "messaging-api/v1/conversations", "connection": "networking-api/v1/connections",
    "connectionRequest": "networking-api/v1/connectionrequests",
}
IN_EVERY_REALM = {"block": "people-api/v1/blocks", "report": "adminmoderation-api/v1/reports",
                  "appeal": "adminmoderation-api/v1/appeals"}
REMEMBERED_FOR_A_ROLE = ("productListingProduct", "feedback")
# Lists that say less, or something else, than who sees a row, by purpose.
WITHOUT_LIST = {
    "productListingMedia": "its list shows what one uploaded or shows oneself; everybody sees the media of a listing",
    "sys_paymentMethod": "its list names a person", "strike": "its list names a person",
    "user": "its list is the staff's", "moderationCase": "its list is a queue: closed ones are asked for",
    "moderationAct": "there is no list of it",
}


def test_every_data_object_says_who_sees_it(app: Flask) -> None:
    declared = {(realm, one.model) for realm, one in read_objects()}
    models = [mapper.class_ for mapper in Entity.registry.mappers if issubclass(mapper.class_, Entity)
              and hasattr(mapper.class_, "__tablename__") and mapper.class_.__module__.startswith("blueprints")]
    missing = [(realm, model.__object__) for model in models for realm in REALM_CODENAMES
               if getattr(model, "__realm__", realm) == realm and (realm, model) not in declared]
    assert not missing, "declare it in its service's index.py"


def test_every_list_of_a_data_object_is_compared_here(app: Flask) -> None:
    known = {"marketplace": MARKETPLACE_LISTS | IN_EVERY_REALM, "network": NETWORK_LISTS | IN_EVERY_REALM}
    assert [(realm, one.name) for realm, one in read_objects()
            if one.name not in known[realm] and one.name not in WITHOUT_LIST] == []


def actor_of(world: SmallRealm, client: ApiClient) -> Actor:
    """Who calls by that client: nobody, where the session has ended."""
    session = client.get(f"/{world.realm}/auth-api/currentuser")
    return Actor(world.realm, client.user_id, role=session.json["roleId"]) if session.status_code == 200 else anonymous(
        world.realm)


def seen_in_python(visibility: Visibility, actor: Actor) -> tuple[dict[str, Facts], set[str]]:
    """What the rule asks of every row there is, and the ids of those that the actor sees."""
    model: Any = visibility.model
    facts = facts_by_id(visibility, [row.id for row in fetch(select(model.id))])
    seen = those_visible(visibility, list(facts.values()), actor)
    return facts, {id for id, is_seen in zip(facts, seen, strict=True) if is_seen}


def is_the_callers_alone(name: str, model: Any, fact: Facts, actor: Actor) -> bool:
    """Whether a list that is remembered for all callers of a role leaves out a row that this caller sees."""
    at_rest = people_at_rest(actor.realm, SELLING) if name == "productListingProduct" else ()
    return fact[owner_field(model)] in at_rest or (not actor.is_staff and fact["held"] is not None)


def assert_lists_show_what_rules_say(world: SmallRealm, people: Mapping[str, ApiClient], lists: dict[str, str]) -> None:
    wrong, shown_of = [], set()
    for person, client in people.items():
        actor = actor_of(world, client)
        for name, path in lists.items():
            declared = read_objects().get(world.realm, name)
            visibility, model = declared.visibility, declared.model
            facts, expected = seen_in_python(visibility, actor)
            assert {row.id for row in fetch(select(model.id).where(visible_in_sql(visibility, actor)))} == expected
            answer = client.get(f"/{world.realm}/{path}?pageRowCount=1000&getJoins=false")
            if answer.status_code in (401, 403):
                assert not declared.who(actor), (person, name, answer.text)
                continue
            body: Any = answer.json
            assert answer.status_code == 200, (person, name, answer.text)
            assert declared.who(actor), (person, name)
            listed = {row["id"] for row in body[body["dataName"]]}
            if listed:
                shown_of.add(name)
            if name in REMEMBERED_FOR_A_ROLE:
                expected = {id for id in expected if not is_the_callers_alone(name, model, facts[id], actor)}
            if listed != expected:
                wrong.append((person, name, sorted(listed - expected), sorted(expected - listed)))
    assert not wrong
    assert len(shown_of) > len(lists) / 2, "the world is too empty to prove anything"


def rows_of_the_read_layer(world: SmallRealm, client: ApiClient, name: str) -> dict[str, Any]:
    """Id → row of all that the read layer shows of an object, with what it points at; without what it alone derives."""
    derived = {one.name for one in read_objects().get(world.realm, name).derived}
    found, after = {}, ""
    while True:
        answer: Any = orjson.loads(without_tokens(
            client.get(f"/{world.realm}/bff-service/{name}/list?limit=100{after}").data))
        found |= {row["id"]: {field: value for field, value in row.items() if field not in derived}
                  for row in answer["items"]}
        if answer["next"] is None:
            return found
        after = f"&after={answer['next']}"


def assert_the_read_layer_shows_the_rows_of_lists(world: SmallRealm, people: Mapping[str, ApiClient],
                                                  lists: dict[str, str]) -> None:
    wrong: set[tuple[str, str]] = set()
    compared: set[str] = set()
    for client in people.values():
        for name, path in lists.items():
            answer = client.get(f"/{world.realm}/{path}?pageRowCount=1000")
            if answer.status_code in (401, 403):
                continue
            body: Any = orjson.loads(without_tokens(answer.data))
            listed = {row["id"]: row for row in body[body["dataName"]]}
            shown = rows_of_the_read_layer(world, client, name)
            for id in listed.keys() & shown.keys():
                compared.add(name)
                wrong |= {(name, field) for field in listed[id].keys() | shown[id].keys()
                          if listed[id].get(field, ...) != shown[id].get(field, ...)}
    assert not wrong
    assert len(compared) > len(lists) / 2, "the world is too empty to prove anything"


def test_lists_of_the_marketplace_show_what_their_rules_say_and_the_read_layer_the_same_rows(
        market: Market) -> None:  # noqa: F811
    """FD-2."""
    people = market.people | {"superAdmin": market.super_admin}
    assert_lists_show_what_rules_say(market, people, MARKETPLACE_LISTS | IN_EVERY_REALM)
    assert_the_read_layer_shows_the_rows_of_lists(market, people, MARKETPLACE_LISTS | IN_EVERY_REALM)


def test_lists_of_the_network_and_the_feed_show_what_their_rules_say_and_the_read_layer_the_same_rows(
        network: SmallNetwork) -> None:  # noqa: F811
    assert_lists_show_what_rules_say(network, network.people, NETWORK_LISTS | IN_EVERY_REALM)
    assert_the_read_layer_shows_the_rows_of_lists(network, network.people, NETWORK_LISTS | IN_EVERY_REALM)
    for person, client in network.people.items():
        actor = actor_of(network, client)
        facts, expected = seen_in_python(POSTS, actor)
        if not actor.is_anonymous:
            assert set(posts_seen_by(actor, facts)) == expected, person  # prepared by hand

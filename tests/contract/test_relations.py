"""Every relation shows its readable target, and nothing but what the target's service declares (decision 49)."""
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.actor import system_actor
from app.clock import now
from app.data.entity import Entity
from app.data.holdings import holdings
from app.data.reads.joins import JoinTarget, Relation
from app.data.reads.read_request import ReadRequest
from app.data.serialization import row_serializer
from app.data.unit_of_work import unit_of_work
from app.factory import SERVICES
from app.http.realm_front import BusinessApi
from app.runtime import runtime
from blueprints.marketplace.auction_offer.models import Offer
from blueprints.marketplace.category_management.commands import delete_category
from blueprints.marketplace.product_listing.media_models import Media
from blueprints.marketplace.product_listing.models import Product
from blueprints.marketplace.watchlist_cart.models import CartItem, WatchlistItem
from blueprints.platform.auth.commands import delete_user, lock_user
from tests.clients import ApiClient, Callers
from tests.contract.good_calls import ROOT, Marketplace
from tests.contract.network_calls import Network
from tests.contract.test_every_service import business_apis
from tests.contract.world import World

CONTRACT = Path(__file__).parents[3] / "shared" / "contract"
SYSTEM = system_actor("marketplace")
DECLARED = [pytest.param(declared.model, relation, id=f"{declared.model.__object__}.{relation.id_name}")
            for service in SERVICES for declared in service.relations for relation in declared.relations]
TARGETS = [pytest.param(target, id=target.object) for service in SERVICES for target in service.targets]
MODELS: list[type[Entity]] = sorted({one.values[0] for one in DECLARED}, key=lambda model: model.__object__)
# One world for all objects of a realm, for a world is dear; what both realms have is looked at in the marketplace.
each_world = pytest.mark.parametrize("models", [
    [model for model in MODELS if (getattr(model, "__realm__", None) == "network") is of_network]
    for of_network in (False, True)], ids=["marketplace", "network"])
# Their product is shown as a list of one without its id (rules-marketplace §10.4, WC11).
OF_ONE = (CartItem, WatchlistItem)
BIDS, OFFERS = f"{ROOT}/auctionoffer-api/v1/auctionofferbids", f"{ROOT}/auctionoffer-api/v1/auctionofferoffers"
PRODUCTS = f"{ROOT}/productlisting-api/v1/productlistingproducts"
# One join is the same statement for all relations; the tests of single ones are no part of the sweep.
sweep = pytest.mark.sweep("every relation of every object by the one statement of its target")


@pytest.fixture
def market(paying_app: Flask, callers: Callers) -> Marketplace:
    return Marketplace(paying_app, callers)


@pytest.fixture
def world(models: Sequence[type[Entity]], paying_app: Flask, callers: Callers) -> World:
    """The world that the objects are of."""
    return (Network if getattr(models[0], "__realm__", None) == "network" else Marketplace)(paying_app, callers)


def id_in(world: World, object_name: str) -> str:
    return world.ids["userId" if object_name == "user" else f"{object_name}Id"]


def point(world: World, model: type[Entity], relation: Relation, target_id: str | None = None) -> None:
    """Let the world's row of this object name the world's target, whatever commands would say to that."""
    attribute = next(field.attribute for field in row_serializer(model).fields if field.name == relation.id_name)
    named = target_id or id_in(world, relation.target)
    with unit_of_work(system_actor(world.realm)) as work:
        row: Any = work.get(model, id_in(world, model.__object__))
        work.change(row, **{attribute: [named] if isinstance(getattr(row, attribute), list) else named})
        work.commit()


def answers(world: World, app: Flask, model: type[Entity], crud: str, query: str = "",
            caller: ApiClient | None = None) -> list[dict[str, Any]]:
    """Return the world's row of this object as every get, or every list, of the object shows it."""
    shown = []
    reader = caller or world.reader_of(model.__object__)
    for api in business_apis(app):
        if api.returns is model and api.crud == crud and api.service.realm == world.realm:
            answer = reader.get(f"{address(world, api)}?caching=false&{query}")
            if answer.status_code == 200:
                found = answer.json[api.data_name]
                rows = found if crud == "list" else [found]
                shown += [row for row in rows if row["id"] == id_in(world, model.__object__)]
    return shown


def address(world: World, api: BusinessApi) -> str:
    parts = [world.ids[part[1:-1]] if part.startswith("{") else part for part in api.path.split("/")]
    return api.service.mount + "/".join(parts)


def joined(model: type[Entity], relation: Relation) -> JoinTarget:
    return next(target for found, target in holdings().joins.of(model) if found == relation)


def relations_of(models: Sequence[type[Entity]]) -> list[tuple[type[Entity], Relation]]:
    return [(model, relation) for model in models for found, relation in (one.values for one in DECLARED)
            if found is model]


@sweep
@each_world
def test_every_relation_shows_its_target_on_get_and_list(
        world: World, paying_app: Flask, models: Sequence[type[Entity]]) -> None:
    """Of the network's rows also NET-32; `getJoins=false` drops all (rules-platform §13 no. 45)."""
    for model, relation in relations_of(models):
        point(world, model, relation)
        target = joined(model, relation)
        for crud in sorted({api.crud for api in business_apis(paying_app) if api.returns is model} & {"get", "list"}):
            rows = answers(world, paying_app, model, crud)
            assert rows, (model, crud)
            for row in rows:
                shown = row[relation.shown_as][0] if relation.many else row[relation.shown_as]
                assert shown if model in OF_ONE else shown["id"] == id_in(world, relation.target), (model, relation)
                assert relation.by_query or tuple(shown) == target.fields_in(world.realm), (model, relation)
            bare = answers(world, paying_app, model, crud, "getJoins=false")
            assert len(bare) == len(rows), (model, relation)
            assert not any(relation.shown_as in row for row in bare)


@sweep
@each_world
def test_a_target_that_is_gone_is_null(world: World, paying_app: Flask, models: Sequence[type[Entity]]) -> None:
    for model, relation in relations_of(models):
        if not relation.by_query:
            point(world, model, relation, "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e")
            for row in answers(world, paying_app, model, "get"):
                assert row[relation.shown_as] == ([] if relation.many else None), (model, relation)
            point(world, model, relation)  # who shows nothing of a gone owner must show the next relation


@sweep
@each_world
def test_joins_cost_at_most_one_statement_a_relation_however_many_rows(
        world: World, models: Sequence[type[Entity]], count_statements: Callable[..., Any]) -> None:
    for model in models:
        joins_cost_at_most_one_statement_a_relation(world, model, count_statements)


def joins_cost_at_most_one_statement_a_relation(
        world: World, model: type[Entity], count_statements: Callable[..., Any]) -> None:
    relations = holdings().joins.of(model)
    for relation, _ in relations:
        point(world, model, relation)
    rows = answers(world, world.app, model, "list", "getJoins=false")
    anybody = system_actor(world.realm)
    holdings().joins.add(anybody, ReadRequest(), model, [dict(rows[0])])  # who rests is remembered
    told = []
    for number in (1, 50):
        runtime().cache_versions.invalidate(*(f"rows:{target.object}" for _, target in relations
                                              if target.object != "user"))
        with count_statements() as sent:
            holdings().joins.add(anybody, ReadRequest(), model, [dict(rows[0]) for _ in range(number)])
        told.append(len(sent))
    hides = any(target.hiding(world.realm) for _, target in relations)
    assert told[0] == told[1] <= len(relations) + hides, model  # who is blocked is asked once a list (NET-7)


@pytest.mark.once("about declarations")
@pytest.mark.parametrize("target", TARGETS)
def test_no_target_shows_what_is_hidden_or_how_to_reach_somebody(app: Flask, target: JoinTarget) -> None:
    assert target.fields[0] == "id"
    if target.object == "user":
        assert target.fields == target.fields_in("marketplace") == ("id", "fullname", "avatar")  # decision 47
        assert target.fields_in("network") == (*target.fields, "headline")  # NET-32
        return
    models = [mapper.class_ for mapper in Entity.registry.mappers if getattr(mapper.class_, "__object__", "")
              == target.object]
    assert models
    for model in models:
        visible = {field.name for field in row_serializer(model).fields}
        visible |= {f"{field.name}_idx" for field in row_serializer(model).fields if field.kind == "choice"}
        assert set(target.fields) <= visible


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract files are only beside a development checkout")
@pytest.mark.parametrize("realm", ["marketplace", "network"])
def test_every_relation_of_the_contract_is_declared(app: Flask, realm: str) -> None:
    models = {api.returns.__object__: api.returns for api in business_apis(app)
              if api.returns is not None and api.service.realm == realm}
    for name, agreed in json.loads((CONTRACT / f"{realm}.json").read_text())["objects"].items():
        if name in models:
            wanted = {(key, said["relation"]["to"]) for key, said in agreed["properties"].items()
                      if said.get("relation") and key not in models[name].__made__}
            declared = {(relation.id_name, relation.target) for relation, _ in holdings().joins.of(models[name])}
            assert wanted <= declared, name


def test_targets_of_other_services_are_left_out_on_demand(market: Marketplace, paying_app: Flask) -> None:
    rows = answers(market, paying_app, Offer, "list", "excludeCQRS=true")
    assert "counterOffer" in rows[0]
    assert not {"buyer", "seller", "product"} & set(rows[0])


def test_a_listing_of_a_resting_seller_is_shown_to_staff_alone(market: Marketplace) -> None:
    bid = f"{BIDS}/{market.ids['auctionOfferBidId']}"
    assert market.buyer.get(bid).json["auctionOfferBid"]["product"]["id"] == market.ids["auction"]
    lock_user(SYSTEM, market.seller.user_id, now() + timedelta(days=30))
    assert market.buyer.get(bid).json["auctionOfferBid"]["product"] is None
    assert market.caller.get(bid).json["auctionOfferBid"]["product"]["id"] == market.ids["auction"]


def test_a_deleted_person_is_no_target_any_more_in_a_cached_list_either(market: Marketplace) -> None:
    def user() -> Any:
        return market.caller.get(BIDS).json["auctionOfferBids"][0]["user"]

    assert user()["fullname"] == user()["fullname"] == "Ben"
    delete_user(SYSTEM, market.buyer.user_id)
    assert user() is None


def test_an_offer_of_others_is_no_target(market: Marketplace, as_user: Callable[..., ApiClient]) -> None:
    relation = Relation("counterOfferId", "auctionOfferOffer")
    target = joined(Offer, relation)
    named = frozenset({market.ids["auctionOfferOfferId"]})
    assert set(target.lend(market.buyer.actor, named)) == set(target.lend(SYSTEM, named)) == named
    assert not target.lend(as_user("eve").actor, named)


def test_an_order_of_others_is_no_target(market: Marketplace, as_user: Callable[..., ApiClient]) -> None:
    for name in ("orderManagementOrder", "orderManagementOrderItem"):
        target: JoinTarget = next(one.values[0] for one in TARGETS if one.id == name)
        named = frozenset({market.ids[f"{name}Id"]})
        assert set(target.lend(market.seller.actor, named)) == set(target.lend(SYSTEM, named)) == named
        assert not target.lend(as_user("eve").actor, named)


def test_a_visitor_does_not_read_who_bids(market: Marketplace, make_app: Callable[..., Flask]) -> None:
    visitor = ApiClient(make_app(MARKETPLACE_PUBLIC_READS="1"))
    for viewer, bidder in ((visitor, None), (market.buyer, "Ben"), (visitor, None)):
        auction = viewer.get(f"{PRODUCTS}/{market.ids['auction']}").json["productListingProduct"]
        listed = {row["id"]: row for row in viewer.get(PRODUCTS).json["productListingProducts"]}[auction["id"]]
        for row in (auction, listed):
            assert row["seller"]["fullname"] == "Sara"
            assert (row["highestBidder"] or {"fullname": None})["fullname"] == bidder


def test_a_list_that_is_the_same_for_a_role_stays_so_only_without_personal_targets(app: Flask) -> None:
    apis = {api.name: api for api in business_apis(app)}
    assert apis["listProductListingProducts"].one_for_role
    assert not holdings().joins.is_personal(Product)
    assert holdings().joins.is_personal(Media)


def test_a_cached_list_follows_its_targets(market: Marketplace) -> None:
    shelves = f"{ROOT}/categorymanagement-api/v1/subcategories"
    shown = [market.buyer.get(shelves).json["subcategories"][0]["category"] for _ in range(2)]
    assert [one["title"] for one in shown] == ["Watches", "Watches"]
    delete_category(SYSTEM, market.ids["categoryId"])
    assert market.buyer.get(shelves).json["subcategories"][0]["category"] is None

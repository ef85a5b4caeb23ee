"""The guides of every service are made of its declarations: all of them are there, nothing hidden is (decision 51)."""
import re
from html import unescape
from urllib.parse import urldefrag

import pytest
from flask import Flask

from app.data.holdings import holdings
from app.data.serialization import row_serializer
from app.events.subscriptions import Subscriptions
from app.events.topics import change_of, db_topic, index_topic
from app.factory import SERVICES
from app.http.declaration import ServiceBlueprint
from app.http.documents import EventsOfServices, objects_of
from app.http.openapi import operations_in
from app.http.service import GUIDES
from app.runtime import runtime
from tests.clients import ApiClient
from tests.contract.test_every_service import services

pytestmark = pytest.mark.once("guides are made of declarations")


def guides_of(client: ApiClient, blueprint: ServiceBlueprint) -> dict[str, str]:
    found = {}
    for guide in GUIDES:
        answer = client.get(blueprint.service.guide_path(guide))
        assert (answer.status_code, answer.mimetype) == (200, "text/html"), guide
        found[guide] = unescape(answer.text)
    return found


def test_there_is_no_guide_of_what_is_not_there(client: ApiClient) -> None:
    for path in ("nothing-service/event-guide", "auth-service/secrets", "auth-service/", "auth/event-guide",
                 "<b>-service/event-guide"):
        answer = client.get(f"/marketplace/document/{path}")
        assert (answer.status_code, answer.json["result"]) == (404, "ERR"), path
    assert client.get("/network/document/auctionOffer-service/event-guide").status_code == 404


def test_the_name_of_a_service_is_taken_in_any_case(client: ApiClient) -> None:
    pages = {client.get(f"/marketplace/document/{name}-service/event-guide").text
             for name in ("auctionOffer", "auctionoffer")}
    assert len(pages) == 1


def test_every_route_is_named_with_who_may_call_it(app: Flask, client: ApiClient) -> None:
    for blueprint in services(app):
        guides = guides_of(client, blueprint)
        document = client.get(f"{blueprint.service.mount}/openapi.json").json
        for method, path, said in operations_in(document):
            assert f"<h3 id='{said['operationId']}'>" in guides["rest-api-guide"]
            assert f"<code>{method} {path}</code>" in guides["rest-api-guide"]
        assert guides["rest-api-guide"].count("Who may call: ") == guides["rest-api-guide"].count("<h3 id=")
        assert all(f"<td>{api.name}</td>" in guides["service-design"] for api in blueprint.apis)


def test_every_event_is_named(app: Flask, client: ApiClient) -> None:
    for blueprint in services(app):
        service, guide = blueprint.service, guides_of(client, blueprint)["event-guide"]
        topics = [api.topic for api in blueprint.apis]
        topics += runtime().part(EventsOfServices)[service.realm, service.name].emits(service.realm)
        for model in objects_of(service):
            for verb in ("created", "updated", "deleted"):
                topics += [db_topic(service.realm, service.name, model.__object__, verb),
                           index_topic(service.realm, model.__object__, verb)]
        assert [topic for topic in topics if f"<td>{topic}</td>" not in guide] == []


def test_every_event_that_somebody_listens_to_is_sent_by_a_service_that_says_so(app: Flask) -> None:
    said = {api.topic for blueprint in services(app) for api in blueprint.apis}
    said |= {topic for service in SERVICES for realm in service.realms for topic in service.emits(realm)}
    assert [topic for topic in runtime().part(Subscriptions).by_topic
            if change_of(topic) is None and topic not in said] == []


def test_every_subscriber_is_named_by_the_service_that_brings_it(app: Flask, client: ApiClient) -> None:
    pages = "".join(guides_of(client, blueprint)["event-guide"] for blueprint in services(app))
    hidden = {one.name for service in SERVICES if service.routes is None for realm in service.realms
              for one in runtime().part(EventsOfServices)[realm, service.name].subscriptions}
    for name in runtime().part(Subscriptions).by_name.keys() - hidden:
        assert f"<td>{name}</td>" in pages


def test_every_object_is_there_with_what_answers_show_and_its_relations(app: Flask, client: ApiClient) -> None:
    for blueprint in services(app):
        design = guides_of(client, blueprint)["service-design"]
        known = {api.returns for api in blueprint.apis if api.returns is not None}
        assert {model for model in known if model.__service__ == blueprint.service.name} <= set(
            objects_of(blueprint.service))
        for model in objects_of(blueprint.service):
            section = design.split(f"<h3 id='{model.__object__}'>")[1].split("<h3")[0]
            for field in row_serializer(model).fields:
                assert f"<td>{field.name}</td>" in section
            for relation, target in holdings().joins.of(model):
                assert f"<td>{relation.shown_as}</td><td>{relation.id_name}</td><td>{target.object}" in section


def test_hidden_columns_are_left_out(app: Flask, client: ApiClient) -> None:
    for blueprint in services(app):
        pages = "".join(guides_of(client, blueprint).values())
        for model in objects_of(blueprint.service):
            section = pages.split(f"<h3 id='{model.__object__}'>")[-1].split("<h3")[0]
            shown = {field.attribute for field in row_serializer(model).fields}
            names = {field.name for field in row_serializer(model).fields}
            for column in model.__table__.columns:
                if column.key not in shown:
                    camel = re.sub("_([a-z])", lambda found: found[1].upper(), column.key)
                    assert camel in names or f"<td>{camel}</td>" not in section
                    assert f"<td>{column.key}</td>" not in section or column.key in names


def test_every_link_leads_somewhere(app: Flask, client: ApiClient) -> None:
    pages: dict[str, str] = {}

    def page(url: str) -> str:
        if url not in pages:
            answer = client.get(url)
            assert answer.status_code == 200, url
            pages[url] = answer.text
        return pages[url]

    for blueprint in services(app):
        for url in (blueprint.service.mount, *map(blueprint.service.guide_path, GUIDES)):
            for link in set(re.findall(r"href='([^']+)'", page(url))):
                address, anchor = urldefrag(link)
                assert not anchor or f"id='{anchor}'" in page(address), link
                page(address)


def test_the_face_of_a_service_leads_to_its_guides(app: Flask, client: ApiClient) -> None:
    for blueprint in services(app):
        face = client.get(blueprint.service.mount).text
        assert all(f"href='{blueprint.service.guide_path(guide)}'" in face for guide in GUIDES)

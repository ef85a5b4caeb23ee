"""The guides of each service, `{base}/document/{service}-service/…`, as pages made of what it declares (decision 51).

Nothing is written by hand, so nothing grows old. They are as public as the OpenAPI document, and hide what it hides."""
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from typing import Any

from flask import Flask, Response, current_app
from sqlalchemy.orm import class_mapper

from app.data.entity import Entity
from app.data.holdings import holdings
from app.data.serialization import row_serializer
from app.errors import NotFound
from app.events.subscriptions import Subscription
from app.events.topics import db_topic, index_topic
from app.http.declaration import ServiceBlueprint
from app.http.openapi import document_of, operations_in
from app.http.public_path import public_path
from app.http.realm_front import BusinessApi
from app.http.service import GUIDES, Service
from app.identity.access import needs_no_login
from app.runtime import runtime
from app.settings import REALM_CODENAMES

_STYLE = ("body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}"
          "table{border-collapse:collapse;margin:.5rem 0}td,th{border:1px solid #ccc;padding:.2rem .6rem;"
          "text-align:left;vertical-align:top}code{font-size:.9em;overflow-wrap:anywhere}h3{margin-top:2rem}")
_PAYLOADS = {"created": "the new row", "deleted": "the last state of the row, with isActive false",
             "updated": "old_{name}, {name}, and oldDataValues, newDataValues: what changed"}
_KINDS = {"id": "ID (UUID)", "ids": "ID[]", "instant": "Date (ISO 8601, UTC)", "money": "Double (major units)",
          "choice": "Enum", "string": "String", "text": "Text", "link": "String (web address)", "boolean": "Boolean",
          "integer": "Integer", "number": "Double", "object": "Object (JSON)", "texts": "String[]",
          "links": "String[] (web addresses)", "objects": "Object[] (JSON)"}


@dataclass(frozen=True, slots=True)
class ServiceEvents:
    """What one service sends beside the events of its rows and APIs, by realm, and what it listens to."""

    emits: Callable[[str], Sequence[str]]
    subscriptions: tuple[Subscription, ...]


class EventsOfServices(dict[tuple[str, str], ServiceEvents]):
    """The events of every service, by realm and name; held by the runtime."""


def add_guides(app: Flask, realms: Iterable[str]) -> None:
    """Add the one route of all guides of each realm."""
    for realm in realms:
        app.add_url_rule(f"/{realm}/document/<service>-service/<guide>", f"{realm}_guides", partial(guide_page, realm))


def guide_page(realm: str, service: str, guide: str) -> Response:
    """Return a guide of a mounted service, whose name is taken in any letter case; raises NotFound."""
    found = next((one for one in current_app.blueprints.values() if isinstance(one, ServiceBlueprint)
                  and (one.service.realm, one.service.name.lower()) == (realm, service.lower())), None)
    write = _WRITERS.get(guide.lower())
    if found is None or write is None:
        raise NotFound
    title = f"{GUIDES[guide.lower()]}: {found.service.name}"
    return Response(_page(title, found.service, write(found)), mimetype="text/html")


def objects_of(service: Service) -> list[type[Entity]]:
    """Return the data objects of a service in its realm, by name."""
    models = (mapper.class_ for mapper in Entity.registry.mappers if issubclass(mapper.class_, Entity))
    own = [model for model in models if getattr(model, "__service__", None) == service.name
           and getattr(model, "__realm__", service.realm) == service.realm]
    return sorted(own, key=lambda model: model.__object__)


def _rest_guide(blueprint: ServiceBlueprint) -> str:
    service, document = blueprint.service, document_of(blueprint.name)
    apis = {api.name: api for api in blueprint.apis}
    token = f"{service.codename}-access-token"
    calls = [_call(blueprint, document, apis.get(said["operationId"]), method, path, said)
             for method, path, said in operations_in(document)]
    return "".join((
        "<h2>Access token</h2><p>Looked for in this order: ",
        f"query <code>access_token</code>, header <code>Authorization: Bearer</code>, header <code>{token}</code>, "
        f"cookie <code>{token}</code>.</p><h2>Calls</h2>", *calls))


def _call(blueprint: ServiceBlueprint, document: dict[str, Any], api: BusinessApi | None, method: str, path: str,
          said: dict[str, Any]) -> str:
    name = said["operationId"]
    parameters = [(one["name"], one["in"], _type(one.get("schema", {})), _yes(one.get("required")),
                   one.get("description", "")) for one in said.get("parameters", ())]
    fields = [field for content in said.get("requestBody", {}).get("content", {}).values()
              for field in _fields(document, content["schema"])]
    codes = [(code, answer.get("description", "")) for code, answer in sorted(said["responses"].items())]
    return "".join((
        f"<h3 id='{escape(name)}'>{escape(name)}</h3><p>{escape(said['summary'])}</p>",
        f"<p><code>{method} {escape(path)}</code></p><p>Who may call: {escape(_who(blueprint, name, said))}</p>",
        _table(("parameter", "in", "type", "required", "meaning"), [*parameters, *fields]),
        "" if api is None else _answer(blueprint.service, api),
        _table(("status", "meaning"), codes)))


def _answer(service: Service, api: BusinessApi) -> str:
    rows = [("in the answer", api.data_name), ("API event", api.topic)]
    text = _table(("", ""), rows)
    if api.returns is None:
        return text
    text += f"<p>Data object: {_object_link(service, api.returns)}</p>"
    joins = [relation.shown_as for relation, _ in holdings().joins.of(api.returns)]
    if joins and api.crud in ("get", "list"):
        text += f"<p>With getJoins also: {', '.join(f'<code>{escape(name)}</code>' for name in joins)}</p>"
    return text


def _event_guide(blueprint: ServiceBlueprint) -> str:
    service = blueprint.service
    declared = _events_of(service)
    parts = ["<h2>Changes of rows</h2><p>Each change sends a dbevent, and an index event with the row alone.</p>"]
    for model in objects_of(service):
        name = model.__object__
        topics = [row for verb, payload in _PAYLOADS.items() for row in (
            (verb, db_topic(service.realm, service.name, name, verb), payload.format(name=name)),
            (verb, index_topic(service.realm, name, verb), "the row"))]
        parts.append(f"<h3 id='{name}'>{name}</h3>{_table(('change', 'topic', 'payload'), topics)}"
                     f"<p>The row: {_object_link(service, model)}</p>")
    own = [(topic,) for topic in declared.emits(service.realm)]
    calls = [(api.name, api.topic) for api in blueprint.apis]
    return "".join((
        *parts, "<h2>Events of its own</h2>", _table(("topic",), own),
        "<h2>Calls</h2><p>The payload is the envelope of the answer; of reads it comes without rows.</p>",
        _table(("API", "topic"), calls), "<h2>What it listens to</h2>", _subscribers(service)))


def _service_design(blueprint: ServiceBlueprint) -> str:
    service = blueprint.service
    facts = [("version", service.version), ("address", public_path(service.mount)), ("realm", service.realm)]
    apis = [(api.name, api.method, api.path, _who(blueprint, api.name, {}), api.crud) for api in blueprint.apis]
    objects = "".join(_object(service, model) for model in objects_of(service))
    return "".join((_table(("", ""), facts), "<h2>Data objects</h2>", objects, "<h2>Business APIs</h2>",
                    _table(("API", "method", "path", "who may call", "kind"), apis),
                    "<h2>Subscribers</h2>", _subscribers(service)))


def _object(service: Service, model: type[Entity]) -> str:
    """Return what is said of a data object: the columns that answers show, and no others."""
    columns = class_mapper(model).columns
    rows = [(field.name, _KINDS.get(field.kind, field.kind), _yes(not columns[field.attribute].nullable),
             ", ".join(field.options)) for field in row_serializer(model).fields]
    relations = [(relation.shown_as, relation.id_name, f"{target.object}{'[]' if relation.many else ''}",
                  ", ".join(target.fields_in(service.realm))) for relation, target in holdings().joins.of(model)]
    refusals = [(code, message) for code, message in getattr(model, "__duplicates__", {}).values()]
    return "".join((
        f"<h3 id='{model.__object__}'>{model.__object__}</h3>",
        _table(("property", "type", "always there", "values"), rows),
        _table(("shown with getJoins", "by", "target", "fields"), relations),
        _table(("refused as duplicate", "message"), refusals)))


_WRITERS: Mapping[str, Callable[[ServiceBlueprint], str]] = {
    "rest-api-guide": _rest_guide, "event-guide": _event_guide, "service-design": _service_design}


def _events_of(service: Service) -> ServiceEvents:
    return runtime().part(EventsOfServices)[service.realm, service.name]


def _subscribers(service: Service) -> str:
    rows = [(one.name, topic) for one in _events_of(service).subscriptions for topic in sorted(one.topics)
            if REALM_CODENAMES[service.realm] in topic]
    return _table(("subscriber", "topic"), rows)


def _who(blueprint: ServiceBlueprint, name: str, said: Mapping[str, Any]) -> str:
    policy = blueprint.policies.get(name)
    if policy is None:  # a second address of an API, or a route every service has
        policy = blueprint.policies.get(name.rstrip("0123456789"))
    if policy is None:
        return "anyone" if said.get("security") == [] else "any user with a live session"
    return "anyone" if needs_no_login(policy) else (policy.__doc__ or policy.__name__).strip().split("\n")[0]


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> Iterable[tuple[str, str, str, str, str]]:
    """Yield what a body's schema says of its fields, the same as of a parameter."""
    found = _resolved(document, schema)
    for name, said in found.get("properties", {}).items():
        yield (name, "body", _type(_resolved(document, said)), _yes(name in found.get("required", ())),
               said.get("description", ""))


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "")
    named: dict[str, Any] = document
    for part in reference.removeprefix("#/").split("/") if reference else ():
        named = named[part]
    return named if reference else schema


def _type(schema: Mapping[str, Any]) -> str:
    said = schema.get("type", "any")
    kind = "|".join(map(str, said)) if isinstance(said, list) else str(said)
    more = " ".join(str(one) for one in schema.get("enum") or [schema.get("format", "")])
    return f"{kind} {more}".strip()


def _yes(value: object) -> str:
    return "yes" if value else ""


def _guide(service: Service, guide: str) -> str:
    return public_path(service.guide_path(guide))


def _object_link(service: Service, model: type[Entity]) -> str:
    """Return the link to what the design of its own service says of an object."""
    name, its_service = model.__object__, replace(service, name=getattr(model, "__service__", service.name))
    return f"<a href='{escape(_guide(its_service, 'service-design'))}#{name}'>{name}</a>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table, or nothing where there are no rows."""
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    head = "".join(f"<th>{escape(one)}</th>" for one in heads) if any(heads) else ""
    return f"<table><tr>{head}</tr>{body}</table>" if body else ""


def _page(title: str, service: Service, body: str) -> str:
    mount = public_path(service.mount)
    places = [(_guide(service, guide), name) for guide, name in GUIDES.items()]
    places += [(f"{mount}/swagger", "Try it out"), (f"{mount}/openapi.json", "OpenAPI")]
    links = " · ".join(f"<a href='{escape(address)}'>{escape(name)}</a>" for address, name in places)
    return (f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{escape(title)}</title>"
            f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1><p>{escape(service.description)}</p>"
            f"<p>{links}</p>{body}</body></html>")

"""ServiceBlueprint: how a service declares its routes, and the one pipeline each business API runs through.

Order of refusal (decision 3): 401, role 403, 400, 404, owner 403, rule 400."""
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import orjson
from flask import Response, g, request
from flask_smorest import Blueprint
from marshmallow import Schema

from app.data.asked import ReadRequest
from app.data.entity import Entity
from app.data.filters import Filters
from app.data.reads import Listing
from app.data.unit_of_work import UnitOfWork, expecting, unit_of_work
from app.data.wire import wire_shape
from app.http.envelope import cache_key, envelope, json_response
from app.http.errors import InvalidInput
from app.http.idempotency import Claim, claim_key
from app.http.limits import spend_one_request
from app.http.openapi import describe, describe_default, describe_system
from app.http.read_events import announce_read
from app.http.request import (
    asked_page,
    current_actor,
    flag_argument,
    json_body,
    number_argument,
    path_id,
    path_text,
    query_text,
)
from app.http.schemas import Identifier, InputSchema, load
from app.http.service import Service
from app.identity.access import Predicate, enforce
from app.identity.actor import Actor
from app.runtime import runtime

View = Callable[..., Any]
_UNKEYED = frozenset({"requestId", "access_token", "caching", "cacheTTL"})


@dataclass(frozen=True)
class Answer:
    """What a view returns when the row alone is not enough: `extras` are root keys beside it.

    `told` are those the API event carries in their place, when they hold a secret that is the caller's alone."""

    row: Any
    extras: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] | None = None


@dataclass(frozen=True)
class BusinessApi:
    """One business API as declared in routes.py."""

    service: Service
    name: str
    crud: str
    method: str
    path: str
    data_name: str
    event: str
    policy: Predicate
    view: View
    body: type[Schema] | None = None
    returns: type[Entity] | None = None
    filters: Filters = field(default_factory=Filters)
    arguments: Mapping[str, str] = field(default_factory=dict)
    made_of: tuple[Any, ...] = ()
    shared: bool = False
    cached: bool = True
    transaction: bool = True
    prepare: Callable[..., dict[str, Any]] | None = None
    id_name: str | None = None
    text_parameters: tuple[str, ...] = ()
    description: str = ""
    responses: Mapping[int, str] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def shape(self) -> type[Schema] | None:
        """The body's schema, with the optional id of the new object beside what a create asks for (decision 4)."""
        if self.id_name is None:
            return self.body
        base, chosen = self.body or InputSchema, Identifier(data_key=self.id_name, metadata={
            "description": "id to give the new object; must be unused"})
        return base.from_dict({"id": chosen}, name=f"{base.__name__}WithId")

    @cached_property
    def input(self) -> Schema | None:
        """The one instance of that schema."""
        return self.shape() if self.shape is not None else None

    @cached_property
    def status(self) -> int:
        """201 for a create, else 200."""
        return 201 if self.crud == "create" else 200

    @cached_property
    def topic(self) -> str:
        """Return the full topic of the API event."""
        return self.service.topic(self.event)


class ServiceBlueprint(Blueprint):
    """The blueprint of one mounted service; its decorators are the URL map of routes.py."""

    def __init__(self, service: Service, policies: Mapping[str, Predicate]) -> None:
        super().__init__(f"{service.realm}_{service.name}", __name__, url_prefix=service.mount,
                         description=service.description)
        self.service = service
        self.policies = policies
        self.apis: list[BusinessApi] = []
        self.has_default_routes = False
        self.security_schemes: dict[str, dict[str, str]] = {}  # beside the access token

    def create(self, path: str, **options: Any) -> Callable[[View], View]:
        """POST, 201: view(actor, data, **path)."""
        return self.business("create", "POST", path, **options)

    def get(self, path: str, **options: Any) -> Callable[[View], View]:
        """GET one, 200: view(actor, asked, **path)."""
        return self.business("get", "GET", path, **options)

    def list(self, path: str, **options: Any) -> Callable[[View], View]:
        """GET many, 200: view(actor, asked, **path) returns a Listing."""
        return self.business("list", "GET", path, **options)

    def update(self, path: str, *, method: str = "PATCH", **options: Any) -> Callable[[View], View]:
        """PATCH, 200: view(actor, data, **path)."""
        return self.business("update", method, path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[View], View]:
        """DELETE, 200: view(actor, data, **path); data is {}."""
        return self.business("delete", "DELETE", path, **options)

    def business(self, crud: str, method: str, path: str, *, name: str, aliases: tuple[str, ...] = (),
                 **options: Any) -> Callable[[View], View]:
        """Declare a business API; a name without a policy does not start."""
        def declare(view: View) -> View:
            api = BusinessApi(self.service, name, crud, method, path, policy=self.policies[name], view=view,
                              description=options.pop("description", "") or (view.__doc__ or ""), **options)
            self.apis.append(api)
            run = _read if crud in ("get", "list") else _write

            def handler(**path_values: str) -> Response:
                response: Response = run(api, path_values)
                return response

            handler.__doc__ = view.__doc__
            for number, rule in enumerate((path, *aliases)):
                operation = f"{name}{number or ''}"
                handler._apidoc = describe(api, operation)  # type: ignore[attr-defined]
                self.add_url_rule(_flask_rule(rule), operation, handler, methods=[method])
            return view
        return declare

    def system(self, path: str, *, name: str, policy: Predicate, method: str = "GET",
               body: type[Schema] | None = None, **doc: Any) -> Callable[[View], View]:
        """Declare a bare route (rules-platform §2.1, §3.4): view(actor, **path) returns a Response or JSON."""
        def declare(view: View) -> View:
            def handler(**path_values: str) -> Response:
                actor = _admit(self.service, policy, name)
                answer = view(actor, **{_snake(key): path_text(key, value) for key, value in path_values.items()})
                return answer if isinstance(answer, Response) else json_response(answer)

            handler.__doc__ = view.__doc__
            handler._apidoc = describe_system(name, view, method, path, body, policy, doc)  # type: ignore[attr-defined]
            self.add_url_rule(_flask_rule(path), name, handler, methods=[method])
            return view
        return declare

    def add_default(self, path: str, view: View, doc: dict[str, Any]) -> None:
        """Add a route every service has; `doc` is its OpenAPI operation."""
        def handler(**path_values: str) -> Any:
            return view(**path_values)

        handler._apidoc = describe_default(path, doc)  # type: ignore[attr-defined]
        self.add_url_rule(_flask_rule(path), doc["operationId"], handler)


def _flask_rule(path: str) -> str:
    return path.replace("{", "<").replace("}", ">")


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _admit(service: Service, policy: Predicate, name: str) -> Actor:
    actor = current_actor(service.realm)
    spend_one_request(actor)
    enforce(policy, actor, name)
    return actor


def _path(api: BusinessApi, values: dict[str, str]) -> dict[str, str]:
    return {_snake(key): path_text(key, value) if key in api.text_parameters else path_id(key, value)
            for key, value in values.items()}


def _read(api: BusinessApi, path_values: dict[str, str]) -> Response:
    actor = _admit(api.service, api.policy, api.name)
    path = _path(api, path_values)
    asked = ReadRequest(flag_argument("getJoins", True), flag_argument("excludeCQRS", False))
    _take_arguments(api, asked)
    scope = actor.role if api.shared else f"{actor.user_id} {actor.role}"
    arguments = sorted((key, value) for key, value in request.args.items(multi=True) if key not in _UNKEYED)
    key = cache_key(api.topic, scope, request.path, arguments)
    if api.crud == "list":
        return _list(api, actor, asked, path, key)
    answer = _answer(api.view(actor, asked, **path))
    row = _dump(answer.row)
    body = envelope(actor, data_name=api.data_name, action="get", version=api.service.version, row=row, row_count=1,
                    status=200, key=key, extras=answer.extras)
    announce_read(api.topic, actor, g.request_id, 1)
    return json_response(body, 200, _etag(row))


def _take_arguments(api: BusinessApi, asked: ReadRequest) -> None:
    for name in api.arguments:
        value = request.args.get(name)
        if value is not None:
            asked.arguments[name] = query_text(name, value)
    if api.crud == "list":
        asked.page = asked_page()
        if request.args and api.filters.items:
            asked.where, asked.filters = api.filters.conditions(request.args.to_dict(flat=False))


def _list(api: BusinessApi, actor: Actor, asked: ReadRequest, path: dict[str, str], key: str) -> Response:
    def make() -> tuple[bytes, int, int]:
        listing: Listing = api.view(actor, asked, **path)
        return orjson.dumps(listing.rows), len(listing.rows), listing.total

    if api.cached and flag_argument("caching", True) and (api.returns or api.made_of):
        made_of = (*((api.returns,) if api.returns else ()), *api.made_of)
        seconds = number_argument("cacheTTL", 300, least=1, most=3600)
        (rows, count, total), hit = runtime().answers.look_up(key, made_of, make, seconds)
    else:
        (rows, count, total), hit = make(), False
    body = envelope(actor, data_name=api.data_name, action="list", version=api.service.version,
                    row=orjson.Fragment(rows), row_count=count, status=200, key=key, source="cache" if hit else "db",
                    page=asked.page, total=total, filters=asked.filters)
    announce_read(api.topic, actor, g.request_id, count)
    return json_response(body)


def _write(api: BusinessApi, path_values: dict[str, str]) -> Response:
    actor = _admit(api.service, api.policy, api.name)
    path = _path(api, path_values)
    data = _input(api)
    claim = claim_key(actor, api.name, request.get_data())
    if isinstance(claim, Response):
        return claim
    try:
        if api.prepare is not None:
            data = api.prepare(actor, data, **path)
        return _run_write(api, actor, path, data, claim)
    except BaseException:
        if claim is not None:
            claim.release(actor)
        raise


def _input(api: BusinessApi) -> dict[str, Any]:
    if api.method == "DELETE":
        return {}
    body = json_body()
    return load(api.input, body) if api.input is not None else {}


def _run_write(api: BusinessApi, actor: Actor, path: dict[str, str], data: dict[str, Any],
               claim: Claim | None) -> Response:
    if not api.transaction:
        with expecting(_if_match(path), at_lock=True):
            answer = _answer(api.view(actor, data, **path))
        with unit_of_work(actor, request_id=g.request_id) as work:
            return _finish(api, actor, work, answer, claim)
    with expecting(_if_match(path)), unit_of_work(actor, request_id=g.request_id) as work:
        answer = _answer(api.view(actor, data, **path))
        work.flush()
        return _finish(api, actor, work, answer, claim)


def _finish(api: BusinessApi, actor: Actor, work: UnitOfWork, answer: Answer, claim: Claim | None) -> Response:
    """Write the envelope, take it as the API event and the stored answer, and commit all of it together."""
    if isinstance(answer.row, Entity):
        row, named = work.json_of(answer.row), {"id": answer.row.id, "recordVersion": answer.row.record_version}
    else:
        row, named = orjson.dumps(answer.row), answer.row
    key = cache_key(api.topic, str(actor.user_id), request.path)
    enclose = partial(envelope, actor, data_name=api.data_name, action=api.crud, version=api.service.version,
                      row=orjson.Fragment(row), row_count=1, status=api.status, key=key)
    body = enclose(extras=answer.extras)
    told = body if answer.told is None else enclose(extras=answer.told)
    work.emit_call(api.topic, str(named.get("id", key)), row, told, realm=api.service.realm)
    if claim is not None:
        claim.store(work, api.status, body)
    work.commit()
    return json_response(body, api.status, _etag(named))


def _answer(returned: Any) -> Answer:
    return returned if isinstance(returned, Answer) else Answer(returned)


def _dump(row: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = wire_shape(type(row)).entity(row) if isinstance(row, Entity) else row
    return dumped


def _etag(row: dict[str, Any]) -> dict[str, str] | None:
    version = row.get("recordVersion")
    return {"ETag": f'"{version}"'} if version is not None else None


def _if_match(path: dict[str, str]) -> tuple[str, int] | None:
    """Return the row and version If-Match names; raises InvalidInput when it is not a recordVersion."""
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*" or not path:
        return None
    text = given.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise InvalidInput("errMsg_IfMatchIsNotValid", detail={"If-Match": 'expected "<recordVersion>"'})
    return next(iter(path.values())), int(text)

"""The front of the realms' services: access tokens, marshmallow schemas, the documented envelope.

Order of refusal (decision 3): 401, role 403, 400, 404, owner 403, rule 400."""
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import Any

import orjson
from flask import Response, current_app, g, request
from marshmallow import Schema

from app.actor import Actor, anonymous
from app.data.entity import Entity
from app.data.expected_version import expecting
from app.data.holdings import holdings
from app.data.list_cache import expect_versions
from app.data.reads import Listing, Page
from app.data.reads.filters import Filters
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire, row_serializer
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.version_keys import version_key
from app.errors import BareForbidden, InvalidInput
from app.http.envelope import (
    JSON,
    Answer,
    cache_key,
    documented_refusal,
    envelope,
    json_response,
    streamed_envelope,
)
from app.http.hooks import STREAM
from app.http.idempotency import Claim, run_once
from app.http.naming import ApiNames
from app.http.own_pages import check_login_change
from app.http.pipeline import Front, PathValues
from app.http.private_files import FileProperties, require_usable_files, with_read_tokens
from app.http.read_events import announce_read
from app.http.request import (
    argument,
    current_actor,
    flag_argument,
    json_body,
    number_argument,
    page_of_request,
    path_id,
    path_text,
    query_text,
)
from app.http.schemas import Identifier, InputSchema, load
from app.http.service import Service
from app.identity.access import Predicate, enforce, permits
from app.identity.security_events import recorded_refusals
from app.runtime import runtime

View = Callable[..., Any]
_UNKEYED = frozenset({"requestId", "access_token", "caching", "cacheTTL"})


@dataclass(frozen=True)
class SystemRoute:
    """A bare route, or one that every service has: its view is called with the actor and the path's values."""

    service: Service
    name: str
    policy: Predicate
    view: View
    changes_login: bool = False
    """It sets, replaces or ends what a browser is logged in with: foreign pages may not ask for it."""
    bare_forbidden: bool = False
    """Whose role may not call it gets `{status, message: "Forbidden"}`, as the documents of the route have it."""


@dataclass(frozen=True)
class BusinessApi:
    """One business API as declared in routes.py."""

    service: Service
    name: str
    crud: str
    method: str
    path: str
    names: ApiNames
    policy: Predicate
    view: View
    body: type[Schema] | None = None
    returns: type[Entity] | None = None
    filters: Filters = field(default_factory=Filters)
    arguments: Mapping[str, str] = field(default_factory=dict)
    depends_on: tuple[Any, ...] = ()
    same_for_role: bool = False
    cached: bool = True
    transaction: bool = True
    prepare: Callable[..., dict[str, Any]] | None = None
    refusals: str = ""
    """The kind of security event that a refusal of it is."""
    id_name: str | None = None
    text_parameters: tuple[str, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)
    keyed_by: Callable[[], str] | None = None

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
    def version_keys(self) -> list[str]:
        """The version keys a cached list of it stands under."""
        sources = (*((self.returns,) if self.returns else ()), *self.depends_on)
        own = [source if isinstance(source, str) else version_key(source) for source in sources]
        return list(dict.fromkeys([*own, *holdings().joins.version_keys(self.returns)])) if own else []

    @cached_property
    def one_for_role(self) -> bool:
        """Whether a cached list of it serves every caller of a role; never where a join depends on who looks."""
        return self.same_for_role and not holdings().joins.is_personal(self.returns)

    @cached_property
    def shows_files(self) -> bool:
        """Whether private files may stand in what it takes and answers."""
        return bool(runtime().part(FileProperties).of(self.returns))

    @cached_property
    def topic(self) -> str:
        """Return the full topic of the API event."""
        return self.service.topic(self.names.event)

    @cached_property
    def data_name(self) -> str:
        """Return the member of the answer that holds the row or the rows."""
        return self.names.data_name


def _identify(api: BusinessApi | SystemRoute) -> tuple[Actor, Actor]:
    actor = current_actor(api.service.realm)
    return actor, actor


def _identify_reader(api: BusinessApi) -> tuple[Actor, Actor]:
    expect_versions(api.version_keys)  # they come with the first versions the request reads
    return _identify(api)


def _admit(api: BusinessApi | SystemRoute, actor: Actor, path: PathValues) -> Actor:
    return enforce(api.policy, actor, api.name)


def _admit_system(route: SystemRoute, actor: Actor, path: PathValues) -> Actor:
    if route.changes_login:
        check_login_change()
    is_known = not actor.is_anonymous and actor.owed_factor is None
    if route.bare_forbidden and is_known and not permits(route.policy, actor):
        raise BareForbidden
    return _admit(route, actor, path)


def _check_read(api: BusinessApi, actor: Actor, path_values: PathValues) -> tuple[PathValues, ReadRequest]:
    path = _path(api, path_values)
    asked = ReadRequest(flag_argument("getJoins", True), flag_argument("excludeCQRS", False))
    _take_arguments(api, asked)
    return path, asked


def _check_write(api: BusinessApi, actor: Actor, path_values: PathValues) -> tuple[PathValues, dict[str, Any]]:
    path, data = _path(api, path_values), _input(api)
    if api.input is not None and api.shows_files:
        require_usable_files(actor, api.returns, {
            str(field.data_key): data[name] for name, field in api.input.fields.items() if name in data})
    return path, data


def _check_system(route: SystemRoute, actor: Actor, path_values: PathValues) -> PathValues:
    return {_snake(key): path_text(key, value) for key, value in path_values.items()}


@cache  # the names that routes declare
def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _path(api: BusinessApi, values: dict[str, str]) -> dict[str, str]:
    return {_snake(key): path_text(key, value) if key in api.text_parameters else path_id(key, value)
            for key, value in values.items()}


def _answer_system(route: SystemRoute, actor: Actor, path: PathValues) -> Response:
    answer = route.view(actor, **path)
    return answer if isinstance(answer, Response) else json_response(answer)


def _read(api: BusinessApi, actor: Actor, sent: tuple[PathValues, ReadRequest]) -> Response:
    path, asked = sent
    scope = actor.role if api.one_for_role else f"{actor.user_id} {actor.role}"
    arguments = sorted((key, value) for key, value in request.args.items(multi=True) if key not in _UNKEYED)
    beside = () if api.keyed_by is None else (api.keyed_by(),)
    key = cache_key(api.topic, scope, request.path, arguments, *beside)
    if api.crud == "list":
        return _list(api, actor, asked, path, key)
    answer = _answer(api.view(actor, asked, **path))
    row = _dump(answer.row)
    holdings().joins.add(actor, asked, api.returns, [row])
    shown = with_read_tokens(actor, api.returns, orjson.dumps(row))
    body = envelope(actor, data_name=api.data_name, action="get", version=api.service.version,
                    row=orjson.Fragment(shown), row_count=1, status=200, key=key, extras=answer.extras)
    announce_read(api.topic, actor, g.request_id, 1)
    return json_response(body, 200, _etag(row))


def _take_arguments(api: BusinessApi, asked: ReadRequest) -> None:
    for name in api.arguments:
        value = argument(name)
        if value is not None:
            asked.arguments[name] = query_text(name, value)
    if api.crud == "list":
        asked.page = page_of_request()
        if request.args and api.filters.items:
            asked.where, asked.filters = api.filters.conditions(
                request.args.to_dict(flat=False), runtime().settings.zone_of(api.service.realm))


def _list(api: BusinessApi, actor: Actor, asked: ReadRequest, path: dict[str, str], key: str) -> Response:
    def make() -> tuple[bytes, int, Listing]:
        listing: Listing = api.view(actor, asked, **path)
        rows, listing.rows = listing.rows, []
        holdings().joins.add(actor, asked, api.returns, rows)
        return orjson.dumps(rows), len(rows), listing

    def seconds(made: tuple[bytes, int, Listing]) -> float:
        kept, outdated = number_argument("cacheTTL", 300, least=1, most=3600), made[2].outdated
        if not made[2].remembered:
            return 0
        return kept if outdated is None else min(kept, outdated.seconds_left)

    if api.cached and flag_argument("caching", True) and api.version_keys:
        (rows, count, listing), hit = runtime().answers.look_up(key, api.version_keys, make, seconds)
    else:
        (rows, count, listing), hit = make(), False
    rows = with_read_tokens(actor, api.returns, rows)  # behind what is remembered, which is the same for many
    if asked.page.number == 0 and actor.is_staff and (listing.rest is not None or listing.next is not None):
        return _stream(api, actor, asked, path, listing, rows, count, key)
    body = envelope(actor, data_name=api.data_name, action="list", version=api.service.version,
                    row=orjson.Fragment(rows), row_count=count, status=200, key=key, source="cache" if hit else "db",
                    listing=listing, filters=asked.filters, extras=listing.extras)
    announce_read(api.topic, actor, g.request_id, count)
    outdated = listing.outdated
    return json_response(body, headers=None if outdated is None else {"X-Total-Age": str(outdated.age_ms)})


def _stream(api: BusinessApi, actor: Actor, asked: ReadRequest, path: dict[str, str], first: Listing, rows: bytes,
            count: int, key: str) -> Response:
    """Send all rows of a list, of which `rows` are the first, in batches.

    No connection and no thread is held between two batches (app/ops/asgi.py)."""
    head, tail = streamed_envelope(actor, data_name=api.data_name, version=api.service.version, key=key,
                                   filters=asked.filters, extras=first.extras)
    application = current_app._get_current_object()  # type: ignore[attr-defined]
    request_id = g.request_id
    batches = _behind(api, actor, asked, path, first.next) if first.rest is None else first.rest()

    def pieces() -> Iterator[bytes]:
        yield head + rows[1:-1]
        total = count
        while True:
            with application.app_context():
                batch = next(batches, None)
                if batch is None:
                    break
                holdings().joins.add(actor, asked, api.returns, batch)
                sent = with_read_tokens(actor, api.returns, orjson.dumps(batch))
            if batch:
                yield (b"," if total else b"") + sent[1:-1]
            total += len(batch)
        with application.app_context():
            announce_read(api.topic, actor, request_id, total)
        yield tail(total)

    request.environ[STREAM] = True
    return Response(pieces(), mimetype=JSON)


def _behind(api: BusinessApi, actor: Actor, asked: ReadRequest, path: dict[str, str],
            following: str | None) -> Iterator[list[Wire]]:
    """Yield the rows of a list in batches that begin each behind the last row of the former."""
    size = asked.page.limit
    while following is not None:
        asked.page = Page(1, size, size, following)
        batch: Listing = api.view(actor, asked, **path)
        yield batch.rows
        following = batch.next


def _input(api: BusinessApi) -> dict[str, Any]:
    if api.method == "DELETE":
        return {}
    body = json_body()
    return load(api.input, body, runtime().settings.zone_of(api.service.realm)) if api.input is not None else {}


def _write(api: BusinessApi, actor: Actor, sent: tuple[PathValues, dict[str, Any]]) -> Response:
    path, data = sent

    def run(claim: Claim | None) -> Response:
        ready = data if api.prepare is None else api.prepare(actor, data, **path)
        return _run_write(api, actor, path, ready, claim)

    with recorded_refusals(actor, api.refusals, path.get("user_id")) if api.refusals else nullcontext():
        return run_once(actor, api.name, request.get_data(), run)


def _run_write(api: BusinessApi, actor: Actor, path: dict[str, str], data: dict[str, Any],
               claim: Claim | None) -> Response:
    if not api.transaction:
        with expecting(_if_match(path), at_lock=True):
            answer = _answer(api.view(actor, data, **path))
        with unit_of_work(actor, request_id=g.request_id) as work:
            return _finish(api, actor, work, answer, claim)
    with expecting(_if_match(path)), unit_of_work(actor, request_id=g.request_id) as work:
        answer = _answer(api.view(actor, data, **path))
        work.settle()
        return _finish(api, actor, work, answer, claim)


def _finish(api: BusinessApi, actor: Actor, work: UnitOfWork, answer: Answer, claim: Claim | None) -> Response:
    """Write the envelope, take it as the API event and the stored answer, and commit all of it together."""
    if isinstance(answer.row, Entity):
        row, named = work.json_of(answer.row), {"id": answer.row.id, "recordVersion": answer.row.record_version}
    else:
        row, named = orjson.dumps(answer.row), answer.row
    key = cache_key(api.topic, str(actor.user_id), request.path)
    enclose = partial(envelope, data_name=api.data_name, action=api.crud, version=api.service.version,
                      row=orjson.Fragment(row), row_count=1, status=api.status)
    body = sent = enclose(actor, key=key, extras=answer.extras)
    if answer.event_extras is not None or not answer.names_caller:
        caller = actor if answer.names_caller else anonymous(api.service.realm)
        extras = answer.extras if answer.event_extras is None else answer.event_extras
        sent = enclose(caller, key=cache_key(api.topic, str(caller.user_id), request.path), extras=extras)
    with nullcontext() if answer.names_caller else work.acting_for(anonymous(api.service.realm), work.request_id):
        work.emit_call(api.topic, str(named.get("id", key)), row, sent, realm=api.service.realm)
    if claim is not None:
        claim.store(work, api.status, body)
    work.commit()
    return json_response(body, api.status, _etag(named))


def _answer(returned: Any) -> Answer:
    return returned if isinstance(returned, Answer) else Answer(returned)


def _dump(row: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = row_serializer(type(row)).entity(row) if isinstance(row, Entity) else row
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


READS: Front[BusinessApi, Actor, Actor, tuple[PathValues, ReadRequest]] = Front(
    _identify_reader, _admit, _check_read, _read, documented_refusal)
WRITES: Front[BusinessApi, Actor, Actor, tuple[PathValues, dict[str, Any]]] = Front(
    _identify, _admit, _check_write, _write, documented_refusal)
SYSTEM: Front[SystemRoute, Actor, Actor, PathValues] = Front(
    _identify, _admit_system, _check_system, _answer_system, documented_refusal)

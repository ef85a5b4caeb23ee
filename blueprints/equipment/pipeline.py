"""How the registry's routes are declared, and the one pipeline each runs through.

Order of refusal (equipment.md): 401 token, 403 scope, 403 role, 422 body or parameters, then what the command finds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from flask import Blueprint, Response, g, request
from sqlalchemy import Row, Select

from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.uuid7 import canonical_uuid
from app.http.bearer import bearer_token
from app.http.envelope import json_response
from app.http.errors import ApiError, Forbidden, InvalidInput, LoginRequired
from app.http.idempotency import Claim, claim_key
from app.http.limits import spend_one_request
from app.http.request import json_body
from app.http.service import Service
from app.identity.actor import anonymous
from blueprints.equipment.policies import POLICIES, Policy
from blueprints.equipment.queries import Asked, Paged, Rows
from blueprints.equipment.refusals import Entry, Rule, Unprocessable
from blueprints.equipment.rules import missing_scope
from blueprints.equipment.schemas import Schema
from blueprints.equipment.tokens import REALM, Caller, caller_of
from blueprints.equipment.validation import check_body

Check = Callable[[dict[str, Any]], Sequence[Entry]]
View = Callable[..., Any]
ERROR_TYPES = {
    400: "request_malformed",
    401: "access_denied",
    403: "forbidden",
    404: "not_found",
    405: "request_malformed",
    409: "request_conflict",
    413: "request_malformed",
    415: "request_malformed",
    422: "validation_failed",
    429: "too_many_requests",
    500: "internal_error",
    503: "service_unavailable",
}
DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE = 50, 300


@dataclass(frozen=True)
class MountedService(Service):
    """A service that stands outside the realms, at a mount of its own."""

    at: str = ""

    @property
    def mount(self) -> str:
        """Return the URL prefix."""
        return self.at


@dataclass(frozen=True)
class RegistryApi:
    """One API as declared in routes.py."""

    name: str
    method: str
    path: str
    view: View
    policy: Policy
    returns: Schema
    body: Schema | None = None
    checks: tuple[Check, ...] = ()
    filters: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    is_list: bool = False
    status: int = 200


class RegistryBlueprint(Blueprint):
    """The registry's blueprint; its decorators are the URL map."""

    def __init__(self, service: MountedService) -> None:
        super().__init__(service.name, __name__, url_prefix=service.mount)
        self.service = service
        self.apis: list[RegistryApi] = []

    def create(self, path: str, **options: Any) -> Callable[[View], View]:
        """POST, 201: view(caller, rows, data, **path) returns the row."""
        return self._declare("POST", path, _write, status=201, **options)

    def change(self, path: str, *, method: str = "PATCH", **options: Any) -> Callable[[View], View]:
        """PATCH (PUT), 200: view(caller, rows, data, **path) returns the row."""
        return self._declare(method, path, _write, **options)

    def one(self, path: str, **options: Any) -> Callable[[View], View]:
        """GET one, 200: view(caller, **path) returns the row."""
        return self._declare("GET", path, _read, **options)

    def many(self, path: str, **options: Any) -> Callable[[View], View]:
        """GET many, 200: view(caller, asked, **path) returns a Paged."""
        return self._declare("GET", path, _read, is_list=True, **options)

    def _declare(self, method: str, path: str, run: Any, *, name: str, **options: Any) -> Callable[[View], View]:
        def declare(view: View) -> View:
            api = RegistryApi(name, method, path, view, POLICIES[name], **options)
            self.apis.append(api)
            rule = path.replace("{", "<").replace("}", ">")
            self.add_url_rule(rule, name, lambda **values: run(api, values), methods=[method])
            return view

        return declare


def admit_anyone() -> Caller:
    """Return the caller of the present request; raises LoginRequired (rung 1)."""
    token = bearer_token()
    caller = caller_of(token) if token else None
    spend_one_request(caller.actor if caller else anonymous(REALM))
    if caller is None:
        raise LoginRequired("Invalid access token", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return caller


def admit(policy: Policy) -> Caller:
    """Return the caller when its scopes and role fulfil the policy; raises LoginRequired, Forbidden (rungs 1 to 3)."""
    caller = admit_anyone()
    missing = missing_scope(caller.scopes, policy.scope)
    if missing:
        raise Forbidden(f"Your scope does not allow to access this resource. Missing allowances: {missing}")
    if caller.role not in policy.roles:
        raise Forbidden(f"Role {caller.role} is not allowed; needed: {', '.join(sorted(policy.roles))}")
    return caller


def refused(error: ApiError) -> Response:
    """Return a refusal in the registry's shape."""
    said: dict[str, Any] = {"type": ERROR_TYPES.get(error.status, "request_malformed"), "message": error.message}
    if isinstance(error, Unprocessable):
        said["invalid"] = [_invalid(entry) for entry in error.entries]
    return json_response({"meta": _meta(error.status, "object"), "error": said}, error.status, error.headers)


def _invalid(entry: Entry) -> dict[str, Any]:
    rules = [{"rule": rule.rule, "description": rule.description, "params": rule.params} for rule in entry.rules]
    return {"entry": entry.path, "entry_type": entry.kind, "rules": rules}


def _meta(status: int, kind: str) -> dict[str, Any]:
    return {"code": status, "url": request.base_url, "type": kind, "request_id": g.request_id}


def _read(api: RegistryApi, path: dict[str, str]) -> Response:
    caller = admit(api.policy)
    if not api.is_list:
        return _answer({"meta": _meta(200, "object"), "data": api.view(caller, **path)})
    paged: Paged = api.view(caller, _asked(api), **path)
    paging = {"page_number": paged.asked.number, "page_size": paged.asked.size, "total_entries": paged.total}
    paging["total_pages"] = -(-paged.total // paged.asked.size)
    return _answer({"meta": _meta(200, "list"), "data": paged.rows, "paging": paging})


def _write(api: RegistryApi, path: dict[str, str]) -> Response:
    caller = admit(api.policy)
    data = check_body(api.body, _json_body(), *api.checks) if api.body is not None else {}
    # A user may act for several legal entities; the answer kept for one is none of the other's.
    claim = claim_key(caller.actor, f"{api.name} of {caller.legal_entity_id}", request.get_data())
    if isinstance(claim, Response):
        return claim
    try:
        return _run_write(api, caller, path, data, claim)
    except BaseException:
        if claim is not None:
            claim.release(caller.actor)
        raise


def _run_write(
    api: RegistryApi, caller: Caller, path: dict[str, str], data: dict[str, Any], claim: Claim | None
) -> Response:
    """One transaction around command, answer and the answer kept under an Idempotency-Key."""
    with unit_of_work(caller.actor, request_id=g.request_id) as work:
        row = api.view(caller, _rows_of(work), data, **path)
        answer = _answer({"meta": _meta(api.status, "object"), "data": row}, api.status)
        if claim is not None:
            claim.store(work, api.status, answer.get_data())
        work.commit()
        return answer


def _rows_of(work: UnitOfWork) -> Rows:
    def rows(query: Select[Any]) -> Sequence[Row[Any]]:
        work.flush()
        return work.rows(query)

    return rows


def _answer(body: dict[str, Any], status: int = 200) -> Response:
    return json_response(orjson.dumps(body), status)


def _json_body() -> object:
    try:
        return json_body()
    except InvalidInput:
        raise Unprocessable([Entry("$", [Rule("json", "expected a JSON object")])]) from None


def _asked(api: RegistryApi) -> Asked:
    """Return page and filters; raises Unprocessable naming every wrong parameter."""
    wrong: dict[str, str] = {}
    number = _whole("page", 1, wrong)
    size = min(_whole("page_size", DEFAULT_PAGE_SIZE, wrong), LARGEST_PAGE_SIZE)
    filters = {name: request.args[name] for name in api.filters if name in request.args}
    for name, value in filters.items():
        expected = _expected(api.filters[name], value)
        if expected:
            wrong[name] = expected
        elif api.filters[name] == "uuid":
            filters[name] = value.lower()
    if wrong:
        entries = [Entry(f"$.{name}", [Rule("invalid", said)], "query_parameter") for name, said in wrong.items()]
        raise Unprocessable(entries)
    return Asked(number, size, filters)


def _whole(name: str, default: int, wrong: dict[str, str]) -> int:
    text = request.args.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) < 8 and int(text) > 0):
        wrong[name] = "expected a whole number from 1"
        return default
    return int(text)


def _expected(kind: str | tuple[str, ...], value: str) -> str | None:
    if isinstance(kind, tuple):
        return None if value in kind else f"expected one of {', '.join(kind)}"
    if kind == "uuid":
        return None if canonical_uuid(value) else "expected a UUID"
    return None if 0 < len(value) <= 255 and "\x00" not in value else "expected 1 to 255 characters"

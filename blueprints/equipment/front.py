"""The front of the registry: OAuth2 client tokens, JSON Schemas, its own envelope.

Order of refusal (equipment.md): 401 token, 403 scope, 403 role, 422 body or parameters, then what the command finds."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Response, g, request
from sqlalchemy import Row, Select

from app.actor import Actor, anonymous
from app.data.ids import canonical_uuid
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import Forbidden, InvalidInput, LoginRequired
from app.http.bearer import bearer_token
from app.http.declaration import ProgramApi, ProgramFronts
from app.http.envelope import json_response
from app.http.idempotency import Claim, run_once
from app.http.pipeline import Front, PathValues
from app.http.realm_front import View
from app.http.request import json_body, visitor
from blueprints.equipment.envelope import documented_about_caller, documented_api, one_row, page_of_rows, refused
from blueprints.equipment.queries import DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE, ListRequest, Rows
from blueprints.equipment.refusals import Entry, Rule, Unprocessable
from blueprints.equipment.rules import missing_scope
from blueprints.equipment.tokens import REALM, Caller, caller_of
from blueprints.equipment.validation import check_body


def _identify(_route: ProgramApi | View) -> tuple[Actor, Caller | None]:
    token = bearer_token()
    caller = caller_of(token) if token else None
    if caller is None:
        return anonymous(REALM), None
    origin = visitor(REALM)
    caller = replace(caller, address=origin.address, device=origin.device)
    return caller.actor, caller


def _admit_anyone(_route: ProgramApi | View, caller: Caller | None, _path: PathValues) -> Caller:
    if caller is None:
        raise LoginRequired("Invalid access token", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return caller


def _admit(api: ProgramApi, known: Caller | None, path: PathValues) -> Caller:
    caller = _admit_anyone(api, known, path)
    missing = missing_scope(caller.scopes, api.policy.scope)
    if missing:
        raise Forbidden(f"Your scope does not allow to access this resource. Missing allowances: {missing}")
    if caller.role not in api.policy.roles:
        raise Forbidden(f"Role {caller.role} is not allowed; needed: {', '.join(sorted(api.policy.roles))}")
    return caller


def _check_read(api: ProgramApi, _caller: Caller, path: PathValues) -> tuple[PathValues, ListRequest | None]:
    return path, _list_request(api) if api.is_list else None


def _check_write(api: ProgramApi, _caller: Caller, path: PathValues) -> tuple[PathValues, dict[str, Any]]:
    return path, check_body(api.body, _json_body(), *api.checks) if api.body is not None else {}


def _read(api: ProgramApi, caller: Caller, sent: tuple[PathValues, ListRequest | None]) -> Response:
    path, asked = sent
    return one_row(api.view(caller, **path)) if asked is None else page_of_rows(api.view(caller, asked, **path))


def _write(api: ProgramApi, caller: Caller, sent: tuple[PathValues, dict[str, Any]]) -> Response:
    """Run command, answer and the answer kept under an Idempotency-Key in one transaction."""
    path, data = sent

    def run(claim: Claim | None) -> Response:
        with unit_of_work(caller.actor, request_id=g.request_id) as work:
            answer = one_row(api.view(caller, _rows_of(work), data, **path), api.status)
            if claim is not None:
                claim.store(work, api.status, answer.get_data())
            work.commit()
            return answer

    # A user may act for several legal entities; the answer kept for one is none of the other's.
    return run_once(caller.actor, f"{api.name} of {caller.legal_entity_id}", request.get_data(), run)


def _rows_of(work: UnitOfWork) -> Rows:
    def rows(query: Select[Any]) -> Sequence[Row[Any]]:
        work.flush()
        return work.rows(query)

    return rows


def _json_body() -> object:
    try:
        return json_body()
    except InvalidInput:
        raise Unprocessable([Entry("$", [Rule("json", "expected a JSON object")])]) from None


def _list_request(api: ProgramApi) -> ListRequest:
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
    return ListRequest(number, size, filters)


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


READS: Front[ProgramApi, Caller | None, Caller, tuple[PathValues, ListRequest | None]] = Front(
    _identify, _admit, _check_read, _read, refused
)
WRITES: Front[ProgramApi, Caller | None, Caller, tuple[PathValues, dict[str, Any]]] = Front(
    _identify, _admit, _check_write, _write, refused
)
ABOUT_CALLER: Front[View, Caller | None, Caller, PathValues] = Front(
    _identify, _admit_anyone, lambda _view, _caller, path: path,
    lambda view, caller, path: json_response(view(caller, **path)), refused,
)  # fmt: skip
FRONTS = ProgramFronts(READS, WRITES, ABOUT_CALLER, documented_api, documented_about_caller)

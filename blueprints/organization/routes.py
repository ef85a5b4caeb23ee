"""The URL map of the organization store; every resource type of the schema folder gets the same six calls."""
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from app.errors import ApiError
from app.http.declaration import DocumentedBlueprint
from app.http.pipeline import Front, handle
from app.http.public_path import public_path
from app.http.service import Service
from blueprints.organization.adapters.http.conditions import expectation_of
from blueprints.organization.adapters.http.documents import add_documents
from blueprints.organization.adapters.http.front import READS, WRITES, Call
from blueprints.organization.adapters.http.openapi import components_of, describe_calls, describe_token_endpoint
from blueprints.organization.adapters.http.problems import http_error_response, refusal_response
from blueprints.organization.application import commands, queries
from blueprints.organization.application.access import Caller
from blueprints.organization.application.commands import Terms, Written
from blueprints.organization.application.queries import Found
from blueprints.organization.domain.refusals import Refusal
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.ports import Ports

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
TITLE = "Guildhall organization store"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def build_blueprint(service: Service, ports: Ports, issue_token: Callable[[], Response],
                    check_alive: Callable[[], None]) -> Blueprint:
    """Return the blueprint with the calls of every resource type; `any_text` is a converter (registration.py)."""
    api = DocumentedBlueprint(service, TITLE, lambda: components_of(service, ports.schemas.kinds.values()))
    api.register_error_handler(Refusal, refusal_response)
    api.register_error_handler(HTTPException, http_error_response)
    api.register_error_handler(ApiError, READS.refuse)
    _add_calls(api, "oauth", "/oauth/token", {"POST": issue_token})
    describe_token_endpoint(api)
    add_documents(api, check_alive)
    for kind in ports.schemas.kinds.values():
        _add_resource(api, ports, kind)
    api.add_url_rule("/<any_text:rest>", "unknown", _unknown, methods=METHODS, merge_slashes=False)
    return api


def _add_resource(api: DocumentedBlueprint, ports: Ports, kind: ResourceType) -> None:
    """Add the six calls; ids match any text, so that a malformed one meets our 400 and not a bare 404."""
    collection = f"/<any_text:tenant_id>/{kind.name}"
    member = f"{collection}/<any_text:resource_id>"

    def create(caller: Caller, body: object, terms: Terms) -> Response:
        return _written(caller, commands.create_resource(ports, caller, body, terms))

    def search(caller: Caller) -> Response:
        return _found(queries.get_resources(ports, caller, request.args.items(multi=True)))

    def get(caller: Caller, resource_id: str) -> Response:
        return _record(queries.get_resource(ports, caller, resource_id))

    def put(caller: Caller, body: object, terms: Terms, resource_id: str) -> Response:
        return _written(caller, commands.create_or_update_resource(ports, caller, resource_id, body, terms))

    def patch(caller: Caller, body: object, terms: Terms, resource_id: str) -> Response:
        return _written(caller, commands.update_resource(ports, caller, resource_id, body, terms))

    def delete(caller: Caller, body: None, terms: Terms, resource_id: str) -> Response:
        return _written(caller, commands.delete_resource(ports, caller, resource_id, terms))

    def reads(view: Callable[..., Response]) -> Callable[..., Response]:
        return _handler(READS, Call(ports, kind, view))

    def writes(view: Callable[..., Response], *media_types: str) -> Callable[..., Response]:
        return _handler(WRITES, Call(ports, kind, view, True, media_types))

    _add_calls(api, kind.name, collection, {"POST": writes(create, JSON), "GET": reads(search)})
    _add_calls(api, kind.name, member, {
        "GET": reads(get), "PUT": writes(put, JSON), "PATCH": writes(patch, MERGE_PATCH, JSON),
        "DELETE": writes(delete)})
    describe_calls(api, kind)


def _handler(front: Front[Any, Any, Any, Any], call: Call) -> Callable[..., Response]:
    def handler(**path: str) -> Response:
        return handle(front, call, path)

    handler.__name__ = call.view.__name__
    return handler


def _add_calls(api: Blueprint, name: str, rule: str, views: Mapping[str, Callable[..., Response]]) -> None:
    """Add the views of a path and a refusal of the other methods; Flask would let the rule for unknown paths take them.

    It would also count that rule's methods into the answer to OPTIONS, which is therefore ours to give."""
    refused = [method for method in (*METHODS, "OPTIONS") if method not in views]
    calls = [*(([method], view) for method, view in views.items()), (refused, _not_allowed(list(views)))]
    for methods, view in calls:
        endpoint = f"{name}-{view.__name__}-{rule.count('/')}"
        api.add_url_rule(rule, endpoint, view, methods=methods, merge_slashes=False, provide_automatic_options=False)


def _written(caller: Caller, written: Written) -> Response:
    """Answer a write: 202 until the query table shows it, 201 for a new record, else 200."""
    status = 202 if not written.is_projected else 201 if written.is_created else 200
    location = public_path(f"/organization-api/{caller.tenant.tenant_id}/{caller.kind.name}/{written.resource_id}")
    headers = {"Location": location, "ETag": f'"{written.version}"'}
    if not written.is_projected:
        headers["Preference-Applied"] = "respond-async"
    return _json({"resourceId": written.resource_id}, status, headers)


def _record(record: dict[str, Any] | None) -> Response:
    if record is None:
        return _nothing({})
    headers = {"ETag": f'"{record["version"]}"'}
    none_match = expectation_of(request).none_match or frozenset()
    if none_match & {"*", str(record["version"])}:
        return Response(status=304, headers=headers)
    return _json(record, 200, headers)


def _found(found: Found) -> Response:
    headers = {"X-Total-Count": str(found.total)}
    if found.total:
        headers["Link"] = ", ".join(_links(found))
    return _json(found.records, 200, headers) if found.records else _nothing(headers)


def _links(found: Found) -> list[str]:
    page, last = found.search.page, found.last_page
    wanted = {"first": 1, "prev": min(page - 1, last), "next": page + 1, "last": last}
    return [f'<{_address(number)}>; rel="{relation}"' for relation, number in wanted.items() if 1 <= number <= last]


def _address(page: int) -> str:
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
    return f"{public_path(request.path)}?{urlencode([*asked, ('page', page)])}"


def _json(body: object, status: int, headers: dict[str, str]) -> Response:
    return Response(orjson.dumps(body, option=orjson.OPT_SORT_KEYS), status, headers, mimetype=JSON)


def _nothing(headers: dict[str, str]) -> Response:
    return Response(status=204, headers=headers, mimetype=JSON)


def _not_allowed(allowed: list[str]) -> Callable[..., Response]:
    def refuse(**_ids: str) -> Response:
        if request.method == "OPTIONS":
            return Response(status=204, headers={"Allow": ", ".join([*allowed, "OPTIONS"])})
        raise MethodNotAllowed(allowed)

    return refuse


def _unknown(rest: str) -> Response:
    raise NotFound("There is no such address.")

"""The success envelope of business APIs and the error shape, written as bytes by orjson (rules-platform §2.4, §2.5)."""
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

import orjson
from flask import Flask, Response, g, request

from app.actor import Actor
from app.data.reads import Listing
from app.errors import ApiError, error_body
from app.runtime import runtime, runtime_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """What a view returns when the row alone is not enough: `extras` are root keys beside it.

    `event_extras` are those the API event carries instead, when they hold a secret that is the caller's alone; without
    `names_caller` that event says of nobody that he called."""

    row: Any
    extras: dict[str, Any] = field(default_factory=dict)
    event_extras: dict[str, Any] | None = None
    names_caller: bool = True


def cache_key(*parts: Any) -> str:
    """Return the hex key an answer stands under; parts are JSON, so that no value can pass for two of them."""
    return blake2b(orjson.dumps(parts), digest_size=16).hexdigest()


def envelope(actor: Actor, *, data_name: str, action: str, version: str, row: Any, row_count: int, status: int,
             key: str, source: str = "db", listing: Listing | None = None,
             filters: list[dict[str, Any]] | None = None, extras: dict[str, Any] | None = None) -> bytes:
    """Return the JSON of a success answer; `row` is the object, the list, or their ready JSON (orjson.Fragment)."""
    body: dict[str, Any] = {
        **_head(actor, data_name, action, version, status, key, source), "rowCount": row_count, data_name: row}
    if listing is not None:
        size, total = listing.page.rows, listing.total
        body["paging"] = {"pageNumber": listing.page.number, "pageRowCount": size, "totalRowCount": total,
                          "pageCount": -(-total // size), "next": listing.next}
        body["filters"] = filters or []
        body["uiPermissions"] = []
    if extras:
        body.update(extras)
    return orjson.dumps(body)


def _head(actor: Actor, data_name: str, action: str, version: str, status: int, key: str,
          source: str) -> dict[str, Any]:
    return {
        "status": "OK", "statusCode": status, "elapsedMs": int((perf_counter() - g.started) * 1000),
        "ssoTime": g.sso_ms, "source": source, "cacheKey": key, "userId": actor.user_id, "sessionId": actor.session_id,
        "requestId": g.request_id, "dataName": data_name, "method": request.method, "action": action,
        "appVersion": version}


def streamed_envelope(actor: Actor, *, data_name: str, version: str, key: str, filters: list[dict[str, Any]],
                      extras: dict[str, Any]) -> tuple[bytes, Callable[[int], bytes]]:
    """Return the JSON before the rows of a list that is sent while it is read, and what makes the JSON behind them.

    Their number is known at the end: `rowCount` comes there, with the paging of one page that holds all."""
    head = orjson.dumps(_head(actor, data_name, "list", version, 200, key, "db"))

    def tail(count: int) -> bytes:
        paging = {"pageNumber": 0, "pageRowCount": count, "totalRowCount": count, "pageCount": 1, "next": None}
        rest = {"rowCount": count, "paging": paging, "filters": filters, "uiPermissions": [], **extras}
        return b"]," + orjson.dumps(rest)[1:]

    return b"%s,%s:[" % (head[:-1], orjson.dumps(data_name)), tail


class ReadyResponse(Response):
    """Bytes with their length and no location: werkzeug's last look at the headers would change none of them."""

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Send it as it is; HEAD is werkzeug's to cut."""
        if environ["REQUEST_METHOD"] == "HEAD":
            return super().__call__(environ, start_response)
        start_response(self.status, self.headers.to_wsgi_list())
        return cast(list[bytes], self.response)


def json_response(body: bytes | Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a bare JSON response (system routes) or ready bytes."""
    text = body if isinstance(body, bytes) else orjson.dumps(body)
    return ReadyResponse(text, status, headers, mimetype=JSON)


class ErrorShapes(dict[str, Callable[[ApiError], Response]]):
    """How the services outside the realms refuse, by the prefix of their addresses."""


def shape_errors_below(app: Flask, prefix: str, shape: Callable[[ApiError], Response]) -> None:
    """Let a service outside the realms refuse in its own shape, also where none of its routes was reached."""
    runtime_of(app).part(ErrorShapes)[prefix] = shape


def documented_refusal(error: ApiError) -> Response:
    """Return the error JSON of the documents, which the services of realms refuse with (rules-platform §2.5)."""
    return json_response(error_body(error), error.status, error.headers)


def error_response(error: ApiError) -> Response:
    """Return the documented error JSON, or the shape of the service at this address."""
    for prefix, shape in runtime().part(ErrorShapes).items():
        if request.path.startswith(prefix):
            return shape(error)
    return documented_refusal(error)

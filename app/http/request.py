"""What the kernel reads of a request before a view sees it: who, ids, body, paging, common parameters."""
import os
import re
from dataclasses import replace
from time import perf_counter
from typing import Any

import orjson
from flask import g, request

from app.actor import Actor, anonymous
from app.data.ids import canonical_uuid
from app.data.reads import Page
from app.errors import ApiError, InvalidInput
from app.http.bearer import first_value, presented_token
from app.http.client_address import client_network
from app.identity.authentication import identity
from app.identity.sessions import LiveSession
from app.runtime import runtime

_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}\Z")
_PATH_LIMIT = 255
_DEVICE_LIMIT = 255


class UnsupportedMedia(ApiError):
    """415: a body that is not JSON."""

    status = 415
    err_code = "UnsupportedMediaType"


def begin_request() -> None:
    """Start the clock and take the request id, given or made (rules-platform §2.3)."""
    started = perf_counter()
    given = argument("requestId") or request.headers.get("X-Request-Id") or ""
    request_id = given if _REQUEST_ID.match(given) else os.urandom(16).hex()
    vars(g).update(started=started, request_id=request_id, tokens={}, callers={}, cache_versions={}, sso_ms=0)


def current_actor(realm: str) -> Actor:
    """Return who calls; a visitor without an access token, or with one that is no good."""
    return _caller(realm)[0]


def visitor(realm: str) -> Actor:
    """Return who calls as a visitor, whatever token came along: where the request came from, and nobody's name."""
    return _with_origin(anonymous(realm))


def current_session(realm: str) -> LiveSession | None:
    """Return the session of who calls, None for a visitor and for a program."""
    return _caller(realm)[1]


def _caller(realm: str) -> tuple[Actor, LiveSession | None]:
    """Return who calls and the session, found once per request and realm."""
    callers: dict[str, tuple[Actor, LiveSession | None]] = g.callers
    if realm not in callers:
        started = perf_counter()
        token = presented_token(realm)
        found = identity().authenticator.check(realm, token.value) if token else None
        actor, session = found or (anonymous(realm), None)
        callers[realm] = _with_origin(actor), session
        g.sso_ms = int((perf_counter() - started) * 1000)
    return callers[realm]


def _with_origin(actor: Actor) -> Actor:
    return replace(actor, address=client_network(request.remote_addr or ""), device=_device())


def _device() -> str:
    """Return what the client calls itself, as one line that every database can keep."""
    text = request.headers.get("User-Agent", "")[:_DEVICE_LIMIT]
    return text if text.isprintable() else "".join(letter for letter in text if letter.isprintable())


def path_id(name: str, value: str) -> str:
    """Return the canonical UUID of a path parameter; raises InvalidInput `errMsg_<name>isNotAValidID`."""
    found = canonical_uuid(value)
    if found is None:
        raise InvalidInput(f"errMsg_{name}isNotAValidID", detail={name: "expected a UUID"})
    return found


def path_text(name: str, value: str) -> str:
    """Return a path parameter that is free text."""
    if not value or len(value) > _PATH_LIMIT or "\x00" in value:
        raise InvalidInput(f"errMsg_{name}isNotValid", detail={name: f"expected 1 to {_PATH_LIMIT} characters"})
    return value


def query_text(name: str, value: str) -> str:
    """Return a query parameter that is free text; empty is allowed and means everything (rules-platform §5.3)."""
    return value and path_text(name, value)


def json_body() -> Any:
    """Return the parsed JSON body, {} when there is none; raises InvalidInput or UnsupportedMedia."""
    raw = request.get_data(cache=True)
    if not raw:
        return {}
    if request.mimetype not in ("application/json", ""):
        raise UnsupportedMedia("errMsg_contentTypeMustBeApplicationJson", detail={"Content-Type": request.mimetype})
    try:
        return orjson.loads(raw)
    except (orjson.JSONDecodeError, RecursionError):
        raise InvalidInput("errMsg_bodyIsNotValidJson", detail={"body": "expected JSON"}) from None


def argument(name: str) -> str | None:
    """Return a query parameter, the first one if it is given twice; None when it is not given."""
    return first_value(request.args, name)


def flag_argument(name: str, default: bool) -> bool:
    """Return a boolean query parameter; anything but true/false is the default (rules-platform §2.3)."""
    text = argument(name)
    return default if text is None or text.lower() not in ("true", "false") else text.lower() == "true"


def number_argument(name: str, default: int, *, least: int, most: int) -> int:
    """Return an integer query parameter; not a number or below `least` is the default, above `most` is `most`."""
    text = argument(name)
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 9:
        return default
    number = int(text)
    return default if number < least else min(number, most)


def page_of_request() -> Page:
    """Return the asked page; pageNumber 0 means all rows, up to the bound (staff: without one).

    Raises InvalidInput for `after` beside another pageNumber than 1: each says where the page begins."""
    limit, after = runtime().settings.page_size_limit, argument("after")
    number = number_argument("pageNumber", 1, least=0, most=10_000_000)
    if after is not None and number != 1:
        said = "cannot be given together with pageNumber"
        raise InvalidInput(f"after: {said}", detail={"after": said})
    return Page(number, number_argument("pageRowCount", 25, least=1, most=limit), limit, after)

"""What the headers ask: If-Match, If-None-Match, Prefer, Idempotency-Key, Content-Type."""
import hashlib
import re

import orjson
from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from blueprints.organization.application.commands import Terms
from blueprints.organization.domain.aggregate import Expectation
from blueprints.organization.domain.documents import LARGEST_BYTES
from blueprints.organization.domain.refusals import MalformedBody, MalformedParameter
from blueprints.organization.ports import Requested

_KEY = re.compile(r"[!-~]{1,255}")
_TAG = re.compile(r'(W/)?"([^"]*)"')
_RESPOND_ASYNC = re.compile(r"(^|[,;])\s*respond-async\s*($|[,;])", re.IGNORECASE)


def json_body(request: Request, *media_types: str) -> object:
    """Return the parsed body; raises MalformedBody, and Flask's own errors for another media type or too many bytes."""
    if request.mimetype not in media_types:
        raise UnsupportedMediaType(f"The body must be {' or '.join(media_types)}.")
    if (request.content_length or 0) > LARGEST_BYTES:
        raise RequestEntityTooLarge(f"The body is larger than {LARGEST_BYTES} bytes.")
    data = request.get_data()
    if len(data) > LARGEST_BYTES:
        raise RequestEntityTooLarge(f"The body is larger than {LARGEST_BYTES} bytes.")
    try:
        parsed: object = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise MalformedBody(f"The body is no valid JSON: {error}.") from error
    return parsed


def expectation_of(request: Request) -> Expectation:
    """Return the preconditions; a weak tag never matches If-Match (RFC 9110 §13.1.1)."""
    return Expectation(_tags(request.headers.get("If-Match"), weak=False),
                       _tags(request.headers.get("If-None-Match"), weak=True))


def terms_of(request: Request, subject: str) -> Terms:
    """Return how the caller wants its write; raises MalformedParameter for an unusable Idempotency-Key."""
    respond_async = bool(_RESPOND_ASYNC.search(request.headers.get("Prefer", "")))
    return Terms(expectation_of(request), respond_async, _requested(request, subject))


def _requested(request: Request, subject: str) -> Requested | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise MalformedParameter("Idempotency-Key is 1 to 255 visible ASCII characters.")
    asked = hashlib.sha256(request.get_data()).hexdigest()
    return Requested(subject, f"{request.method} {request.path}", key, asked)


def _tags(header: str | None, *, weak: bool) -> frozenset[str] | None:
    if header is None:
        return None
    if header.strip() == "*":
        return frozenset("*")
    return frozenset(tag for weakness, tag in _TAG.findall(header) if (weak or not weakness) and tag != "*")

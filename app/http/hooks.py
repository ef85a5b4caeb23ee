"""What happens around every request: id and clock, CSRF and body limits, CORS, errors as documented JSON."""
import errno
import logging
from urllib.parse import SplitResult, urlsplit

from flask import Flask, Response, g, request
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from app.errors import ApiError, Forbidden, InvalidInput, Unavailable
from app.http.bearer import presented_token
from app.http.envelope import error_response
from app.http.request import begin_request
from app.identity.access_tokens import token_name
from app.settings import REALM_CODENAMES, Settings

log = logging.getLogger("guildhall.http")

# Under this key of the WSGI environment: the ApiError that the server found before the application saw the request.
REFUSAL = "guildhall.refusal"
# Set there by a view whose answer has no bound: the server sends each piece as it is made, and keeps none.
STREAM = "guildhall.stream"

_RATE = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_TOKEN_NAMES = tuple(token_name(realm) for realm in REALM_CODENAMES)
# What a page of an allowed origin may read beside the body: versions, paging, limits, and the token of a login.
_READABLE = ", ".join(("ETag", "Idempotency-Replayed", "Link", "Location", "Preference-Applied", "Retry-After",
                       "X-Request-Id", "X-Total-Age", "X-Total-Count", *_RATE, *_TOKEN_NAMES))
_MULTIPART_ROOM = 64 * 1024
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})  # a full disk is mended by the operator, and the client comes again


def install_hooks(app: Flask, settings: Settings) -> None:
    """Install the hooks and the error handlers on the app."""
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_bytes + _MULTIPART_ROOM
    allowed = frozenset(settings.cors_origins)

    @app.before_request
    def _begin() -> Response | None:
        begin_request()
        if (refusal := request.environ.get(REFUSAL)) is not None:
            raise refusal
        if request.method == "OPTIONS" and "Origin" in request.headers:
            return Response(status=204)
        if request.method not in _SAFE:
            _check_body_size(settings)
            _check_origin(allowed)
        return None

    @app.after_request
    def _finish(response: Response) -> Response:
        headers = response.headers
        headers.add("X-Request-Id", g.request_id)
        rate = g.get("rate")
        if rate is not None:
            for name, value in zip(_RATE, rate, strict=True):
                headers.add(name, str(value))
        if allowed:
            headers.add("Vary", "Origin")
            origin = request.headers.get("Origin")
            if origin in allowed:
                _allow(response, origin)
        return response

    _install_error_handlers(app)


def _check_body_size(settings: Settings) -> None:
    if request.mimetype == "multipart/form-data":
        return
    limit = settings.max_body_bytes
    request.max_content_length = limit + 1
    in_chunks = "Transfer-Encoding" in request.headers  # nobody announces its length
    if (request.content_length or 0) > limit or (in_chunks and len(request.get_data()) > limit):
        raise RequestEntityTooLarge


def _check_origin(allowed: frozenset[str]) -> None:
    """A cookie goes along unasked, so a write it authenticates must come from our own pages (CSRF)."""
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    if origin is None or not any(_is_known_by_cookie(realm) for realm in REALM_CODENAMES):
        return
    try:
        parts = urlsplit(origin)
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    source = f"{parts.scheme}://{parts.netloc}"
    if not parts.netloc or (source not in allowed and parts.netloc != request.host):
        raise Forbidden("errMsg_OriginNotAllowed", "OriginNotAllowed")


def _is_known_by_cookie(realm: str) -> bool:
    presented = presented_token(realm)
    return presented is not None and presented.location == "cookie"


def _allow(response: Response, origin: str) -> None:
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Allow-Credentials"] = "true"
    response.headers["Access-Control-Expose-Headers"] = _READABLE
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, PATCH, PUT, DELETE"
        response.headers["Access-Control-Allow-Headers"] = (
            "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Prefer, X-Request-Id, "
            + ", ".join(_TOKEN_NAMES))
        response.headers["Access-Control-Max-Age"] = "600"


def _install_error_handlers(app: Flask) -> None:
    @app.errorhandler(ApiError)
    def _refused(error: ApiError) -> Response:
        return error_response(error)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        refused = ApiError(error.description or error.name, error.code)
        refused.status = error.code or 500
        if error.code == 405 and (methods := getattr(error, "valid_methods", None)):
            refused.headers["Allow"] = ", ".join(sorted(methods))
        return error_response(refused)

    @app.errorhandler(UnicodeError)
    def _not_text(error: UnicodeError) -> Response:
        return error_response(InvalidInput("errMsg_requestIsNotValidText"))

    @app.errorhandler(DataError)
    def _not_storable(error: DBAPIError) -> Response:
        """A value no schema refused and the database cannot hold: still the client's, and a gap in the schema."""
        log.exception("the database refused a value")
        return error_response(InvalidInput("errMsg_valueCannotBeStored"))

    @app.errorhandler(OperationalError)
    def _database_away(error: DBAPIError) -> Response:
        log.error("database unavailable: %s", error.orig)
        return error_response(Unavailable("errMsg_DatabaseUnavailable"))

    @app.errorhandler(OSError)
    def _system(error: OSError) -> Response:
        if error.errno not in _NO_ROOM:
            return _unexpected(error)
        log.error("no room: %s", error)
        return error_response(Unavailable("errMsg_NoRoom"))

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        log.exception("unexpected error")
        return error_response(ApiError("errMsg_UnexpectedError", "UnknownError"))

"""What happens around every request: id and clock, CSRF and body limits, CORS, errors as documented JSON."""
import errno
import logging
import re

from flask import Flask, Response, g, request
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from app.errors import ApiError, InvalidInput, Unavailable
from app.http.envelope import error_response
from app.http.hosts import host_check
from app.http.own_pages import check_cookie_write
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
# A front end under development, on whatever port its tool takes.
_LOCAL_PAGE = re.compile(r"https?://(?:localhost|127\.0\.0\.1)(?::\d{1,5})?")
_MULTIPART_ROOM = 64 * 1024
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})  # a full disk is mended by the operator, and the client comes again


def install_hooks(app: Flask, settings: Settings) -> None:
    """Install the hooks and the error handlers on the app."""
    app.config["MAX_CONTENT_LENGTH"] = max(settings.max_upload_bytes, settings.max_document_bytes) + _MULTIPART_ROOM
    allowed = frozenset(settings.cors_origins)
    check_host = host_check(settings)

    @app.before_request
    def _begin() -> Response | None:
        begin_request()
        environ, method = request.environ, request.method
        if (refusal := environ.get(REFUSAL)) is not None:
            raise refusal
        check_host(environ.get("HTTP_HOST", ""))
        if method == "OPTIONS" and "Origin" in request.headers:
            return Response(status=204)
        if method not in _SAFE:
            _check_body_size(settings)
            check_cookie_write()
        return None

    @app.after_request
    def _finish(response: Response) -> Response:
        headers = response.headers
        headers.add("X-Request-Id", g.request_id)
        rate = g.get("rate")
        if rate is not None:
            for name, value in zip(_RATE, rate, strict=True):
                headers.add(name, str(value))
        if allowed or settings.takes_local_pages:
            headers.add("Vary", "Origin")
            origin = request.headers.get("Origin", "")
            if origin in allowed:
                _allow(response, origin, with_cookies=True)
            elif settings.takes_local_pages and _LOCAL_PAGE.fullmatch(origin):
                _allow(response, origin, with_cookies=False)
        return response

    _install_error_handlers(app)


def _check_body_size(settings: Settings) -> None:
    if request.mimetype == "multipart/form-data":
        return
    limit = settings.max_body_bytes
    request.max_content_length = limit + 1
    in_chunks = "HTTP_TRANSFER_ENCODING" in request.environ  # nobody announces its length
    if (request.content_length or 0) > limit or (in_chunks and len(request.get_data()) > limit):
        raise RequestEntityTooLarge


def _allow(response: Response, origin: str, *, with_cookies: bool) -> None:
    response.headers["Access-Control-Allow-Origin"] = origin
    if with_cookies:
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

"""The one tree of errors a client can meet: status, stable errCode, speaking message (rules-platform §2.5).

Commands raise the narrow one where the fact is known; app/http turns it into the documented JSON."""
import re
from typing import Any

from app.clock import now


class ApiError(Exception):
    """Base of all refusals; `detail` is free JSON, `headers` go onto the response."""

    status = 500
    err_code: int | str | None = None
    is_bare = False
    """Its JSON is `{status, message}` and nothing else."""

    def __init__(self, message: str, err_code: int | str | None = None, detail: Any = None,
                 headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.err_code = err_code or self.err_code or self.status
        self.detail = detail
        self.headers = headers or {}


class InvalidInput(ApiError):
    """400: the request itself is wrong; `detail` maps each offending field to what was expected."""

    status = 400
    err_code = "ValidationError"


class RuleViolated(ApiError):
    """400: well-formed, but a rule of the domain forbids it; always with a stable string errCode (decision 3)."""

    status = 400

    def __init__(self, err_code: str, message: str, detail: Any = None) -> None:
        super().__init__(message, err_code, detail)


class DuplicateRecord(RuleViolated):
    """400: a unique rule of the database refused the row."""


class LoginRequired(ApiError):
    """401: no token, or one that is expired, foreign, revoked or malformed."""

    status = 401
    err_code = "LoginRequired"


class Forbidden(ApiError):
    """403: known, but not allowed."""

    status = 403
    err_code = "ForbiddenAccess"


class BareForbidden(Forbidden):
    """403 of a route whose document words it so (rules-marketplace §1.2)."""

    is_bare = True

    def __init__(self) -> None:
        super().__init__("Forbidden")


class NotFound(ApiError):
    """404: absent, soft-deleted, or hidden from the actor."""

    status = 404
    err_code = "RecordNotFound"

    def __init__(self, message: str = "Record not found", err_code: str | None = None, detail: Any = None,
                 headers: dict[str, str] | None = None) -> None:
        super().__init__(message, err_code, detail, headers)


class TooSlow(ApiError):
    """408: the request was not whole in time (docs/security.md, "Being available")."""

    status = 408
    err_code = "RequestTimeout"

    def __init__(self) -> None:
        super().__init__("errMsg_RequestTooSlow")


class RequestInFlight(ApiError):
    """409: the same Idempotency-Key is being worked on right now (decision 22)."""

    status = 409
    err_code = "IdempotencyKeyInFlight"


class PreconditionFailed(ApiError):
    """412: If-Match names another recordVersion than the stored one."""

    status = 412
    err_code = "PreconditionFailed"


class TooManyRequests(ApiError):
    """429: a throttle is closed; carries Retry-After in seconds."""

    status = 429
    err_code = "TooManyRequests"

    def __init__(self, message: str, retry_after: int, err_code: str | None = None) -> None:
        super().__init__(message, err_code, headers={"Retry-After": str(max(1, retry_after))})


class Unavailable(ApiError):
    """503: a part the request cannot do without is down."""

    status = 503
    err_code = "ServiceUnavailable"


def in_words(error: ApiError) -> str:
    """Return a refusal as people read it: its code and its message, or, where that is a name for front ends to
    translate (errMsg_YearIsNotValid), the words of the name and what was expected of which field."""
    name = error.message.removeprefix("errMsg_")
    if name == error.message != error.err_code:
        return f"{error.err_code}: {name}"
    expected = error.detail if isinstance(error.detail, dict) else {}
    words = re.sub("(?<!^)(?=[A-Z])", " ", name).lower()
    return "; ".join([f"{error.err_code}: {words}", *(f"{field}: {what}" for field, what in expected.items())])


def error_body(error: ApiError) -> dict[str, Any]:
    """Return the documented error JSON (rules-platform §2.5)."""
    if error.is_bare:
        return {"status": error.status, "message": error.message}
    moment = now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = {"result": "ERR", "status": error.status, "message": error.message, "errCode": error.err_code,
            "date": moment}
    if error.detail is not None:
        body["detail"] = error.detail
    return body

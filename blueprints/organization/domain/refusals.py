"""Why a call is refused. The HTTP adapter alone knows which status each refusal has."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """One entry of a document that breaks its schema; `pointer` is a JSON Pointer into the document."""

    pointer: str
    rule: str
    message: str


class Refusal(Exception):
    """A sentence for the caller about why the call does not happen."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class MalformedTenantId(Refusal):
    """The tenant part of the address is no tenantId."""


class MalformedResourceId(Refusal):
    """The id is not a UUID."""


class MalformedBody(Refusal):
    """The body is not a JSON object that can be stored."""


class MalformedParameter(Refusal):
    """A query parameter or header is unknown or has no usable value."""


class NotAuthenticated(Refusal):
    """No token, or one that cannot be trusted."""


class AccessDenied(Refusal):
    """The token is good, but not for this tenant or this act."""


class NeverExisted(Refusal):
    """Nothing has ever been stored under the id, or it is deleted and the call wants it alive."""


class IdTaken(Refusal):
    """A resource has, or had, this id."""


class PreconditionFailed(Refusal):
    """If-Match or If-None-Match does not hold for the stored version."""


class IdempotencyKeyReused(Refusal):
    """The idempotency key was used for another request."""


class SchemaViolated(Refusal):
    """The document breaks the domain schema; `violations` names every failing entry."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__(f"{len(violations)} entr{'y' if len(violations) == 1 else 'ies'} of the document "
                         "do not satisfy the schema.")
        self.violations = violations


class Unavailable(Refusal):
    """The store cannot answer now; the same call may succeed later."""


class ConcurrentWrite(Exception):
    """Another writer took the version or the idempotency key first: load again and decide again."""

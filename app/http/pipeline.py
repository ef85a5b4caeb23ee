"""The one way of a request: the rate limit, who calls, what it sends, the work, the answer.

The fronts (the services of realms, the equipment registry, the organization store) differ in what `Front` names."""
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import Response

from app.actor import Actor
from app.errors import ApiError
from app.http.rate_limit import spend_one_request

Api = TypeVar("Api")
Known = TypeVar("Known")
Caller = TypeVar("Caller")
Sent = TypeVar("Sent")
PathValues = dict[str, str]


@dataclass(frozen=True)
class Front(Generic[Api, Known, Caller, Sent]):
    """The three things in which fronts differ: who calls, how what is sent is checked, how answers are wrapped.

    `Api` is a declared API in the front's own type; views are called with the front's own `Caller`."""

    # Who calls. `identify` refuses nobody; it returns the actor whose requests are counted and what it found out.
    identify: Callable[[Api], tuple[Actor, Known]]
    admit: Callable[[Api, Known, PathValues], Caller]
    """Raises what the front answers with 401 and 403."""

    # How path, parameters and body are checked; raises what the front answers with 400, 413, 415 or 422.
    check: Callable[[Api, Caller, PathValues], Sent]

    # How answers and refusals are wrapped. `answer` calls the view.
    answer: Callable[[Api, Caller, Sent], Response]
    refuse: Callable[[ApiError], Response]


def admitted(front: Front[Api, Known, Caller, Sent], api: Api, path: PathValues) -> Caller:
    """Return who calls. The request is counted first: whoever is over the limit meets 429 before any other refusal."""
    counted, known = front.identify(api)
    spend_one_request(counted)
    return front.admit(api, known, path)


def handle(front: Front[Api, Known, Caller, Sent], api: Api, path: PathValues) -> Response:
    """Answer one request; every refusal is an exception, which `front.refuse` words (app/http/hooks.py)."""
    caller = admitted(front, api, path)
    return front.answer(api, caller, front.check(api, caller, path))

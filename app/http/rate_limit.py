"""The general request limit: a window of one minute per user, API client or visiting address (IPv6: its /64), for all
workers; and narrower ones for single acts of a user, such as sending a message."""
import time
from dataclasses import dataclass

from flask import g, request
from redis import RedisError

from app.actor import Actor
from app.errors import TooManyRequests
from app.http.client_address import client_network
from app.runtime import runtime

_WINDOW = 60
_STEPS = 20
_SHORTEST_PAUSE = 0.05


@dataclass(slots=True)
class _Count:
    window: int
    total: int = 0
    unsent: int = 0
    sent_at: float = 0.0


class RequestCounts(dict[str, _Count]):
    """What one application counted of each user or address in the present window.

    Counts are added to Redis with the first request of a window, then in steps of a twentieth of the limit, so that a
    request costs no round trip; the limit is exact to one step per worker. Without Redis each worker counts for itself
    (fail open: a limit is no access rule)."""


def spend_one_request(actor: Actor) -> None:
    """Count this request; raises TooManyRequests when the window's limit is reached. Sets g.rate for the headers."""
    held = runtime()
    settings = held.settings
    if not settings.ratelimit_enabled:
        return
    limit = settings.rate_limit_user if actor.user_id else settings.rate_limit_visitor
    who = actor.client_id or actor.user_id or client_network(request.remote_addr or "?")
    moment = time.time()
    count = _counted(held.part(RequestCounts), who, moment)
    is_first, is_step = count.sent_at == 0, count.unsent * _STEPS >= limit
    if is_first or (is_step and moment - count.sent_at > _SHORTEST_PAUSE):
        _add_to_redis(who, count, moment)
    g.rate = (limit, max(0, limit - count.total), _seconds_left(moment))
    if count.total > limit:
        raise TooManyRequests("errMsg_TooManyRequests", g.rate[2])


def spend_one_act(what: str, actor: Actor, limit: int) -> None:
    """Count one act of this user (`what`: `Messages`); raises TooManyRequests beyond `limit` in the present minute.

    Exact over all workers, for a round trip to Redis. What is refused afterwards stays counted."""
    if not runtime().settings.ratelimit_enabled:
        return
    moment, who = time.time(), f"{what}:{actor.realm}:{actor.user_id}"
    count = _counted(runtime().part(RequestCounts), who, moment)
    _add_to_redis(who, count, moment)
    if count.total > limit:
        raise TooManyRequests(f"errMsg_TooMany{what}", _seconds_left(moment), f"TooMany{what}")


def _counted(counts: RequestCounts, who: str, moment: float) -> _Count:
    """Return the count of the window of this moment, one more than it was."""
    window = int(moment // _WINDOW)
    count = counts.get(who)
    if count is None or count.window != window:
        _forget_old(counts, window)
        count = counts[who] = _Count(window)
    count.total += 1
    count.unsent += 1
    return count


def _seconds_left(moment: float) -> int:
    return _WINDOW - int(moment % _WINDOW)


def _add_to_redis(who: str, count: _Count, moment: float) -> None:
    key = f"guildhall:rate:{who}:{count.window}"
    try:
        pipe = runtime().redis.pipeline(transaction=False)
        pipe.incrby(key, count.unsent)
        pipe.expire(key, _WINDOW * 2)
        count.total = max(count.total, int(pipe.execute()[0]))
        count.unsent = 0
    except RedisError:
        pass
    count.sent_at = moment


def _forget_old(counts: RequestCounts, window: int) -> None:
    if len(counts) > 10_000:
        for who in [who for who, count in list(counts.items()) if count.window != window]:
            counts.pop(who, None)

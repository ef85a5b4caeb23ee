"""The one way to the gateway: never with a transaction open, never more calls at once than a web worker can spare.

A gateway that failed twice in a row is left alone for a while, so that payers are answered at once."""
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar

from app.data.restored_copy import is_held_back
from app.data.unit_of_work import in_unit_of_work
from app.payments.gateway.port import GatewayEvent, GatewayUnavailable, InvalidWebhook, PaymentGateway
from app.runtime import runtime
from app.settings import Settings

log = logging.getLogger("guildhall.payments")

T = TypeVar("T")
CALLS_AT_ONCE = 1
FAILURES_BEFORE_A_PAUSE = 2
PAUSE_SECONDS = 15
NOT_ASKED = ("gateway_busy", "gateway_paused")
"""Codes that say the gateway was not asked at all: what was to be sent is for the worker."""
_FAILURES, _PAUSE = "guildhall:payments:failures", "guildhall:payments:pause"
_turn = threading.BoundedSemaphore(CALLS_AT_ONCE)


def gateway_of(settings: Settings) -> PaymentGateway:
    """Return the gateway these settings name; the webhooks it reads are the marketplace's."""
    return _stripe(settings.stripe_secret_key, settings.stripe_webhook_secret, settings.stripe_api_base,
                   settings.stripe_timeout_seconds)


@lru_cache(maxsize=8)
def _stripe(secret_key: str, webhook_secret: str, api_base: str, timeout_seconds: float) -> PaymentGateway:
    from app.payments.gateway.stripe import StripeGateway  # large, and most processes never pay

    return StripeGateway(secret_key, webhook_secret, api_base=api_base, timeout_seconds=timeout_seconds)


def ask_gateway(ask: Callable[[PaymentGateway], T]) -> T:
    """Return the gateway's answer; raises PaymentRefused, or GatewayUnavailable at once when it is busy or paused.

    Raises RuntimeError inside a unit of work: a slow gateway must never hold a lock."""
    if in_unit_of_work():
        raise RuntimeError("the payment gateway was called with a transaction open")
    if is_held_back():
        raise GatewayUnavailable("This restored copy has not gone live", "gateway_paused", 503)
    if _is_paused():
        raise GatewayUnavailable("The payment gateway does not answer", "gateway_paused", 503)
    if not _turn.acquire(blocking=False):
        raise GatewayUnavailable("The payment gateway is busy", "gateway_busy", 503)
    try:
        answer = ask(gateway_of(runtime().settings))
    except GatewayUnavailable as trouble:
        _count_failure(trouble)
        raise
    finally:
        _turn.release()
    _forget_failures()
    return answer


def parse_webhook(realm: str, payload: bytes, signature: str | None) -> GatewayEvent:
    """Return the event of a raw request body, signed with this realm's secret (NET-28); raises InvalidWebhook.

    Asks nobody."""
    settings = runtime().settings
    secret = webhook_secret(settings, realm)
    if not secret:
        raise InvalidWebhook(f"{realm} has no webhook secret")
    return gateway_of(replace(settings, stripe_webhook_secret=secret)).parse_webhook(payload, signature)


def webhook_secret(settings: Settings, realm: str) -> str:
    """Return what signs the gateway's webhooks of a realm, "" where nothing does."""
    secrets = {"marketplace": settings.stripe_webhook_secret, "network": settings.stripe_webhook_secret_network}
    return secrets[realm]


def _is_paused() -> bool:
    from redis import RedisError  # imported by who asks the gateway: to list payments asks nobody

    try:
        return bool(runtime().redis.exists(_PAUSE))
    except (RedisError, OSError):
        return False


def _forget_failures() -> None:
    from redis import RedisError

    with suppress(RedisError, OSError):
        runtime().redis.delete(_FAILURES)


def _count_failure(trouble: GatewayUnavailable) -> None:
    """Pause after failures in a row; a gateway that answers "not now" or "not you" is not down."""
    if trouble.status < 500:
        return
    from redis import RedisError

    try:
        pipe = runtime().redis.pipeline()
        pipe.incr(_FAILURES)
        pipe.expire(_FAILURES, PAUSE_SECONDS * 2)
        if pipe.execute()[0] >= FAILURES_BEFORE_A_PAUSE:
            runtime().redis.set(_PAUSE, "1", ex=PAUSE_SECONDS)
            log.warning("payment gateway left alone for %s s", PAUSE_SECONDS)
    except (RedisError, OSError) as error:
        log.warning("no pause for the payment gateway: %s", error)

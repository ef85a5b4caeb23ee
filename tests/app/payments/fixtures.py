"""The gateway that tests of payments talk to: a real localstripe process, and a proxy to break the way to it.

Imported into the conftest of every folder whose tests pay."""
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.app.payments.stand_in import SECRET_KEY, FlakyGateway, LocalStripe, shared_localstripe

if TYPE_CHECKING:
    from flask import Flask

TIMEOUT_SECONDS = 1.5
LONG_SESSIONS = 90 * 86400  # tests move the clock by days


@pytest.fixture
def localstripe() -> LocalStripe:
    """One localstripe process for all tests of a worker, its store empty."""
    stripe = shared_localstripe()
    stripe.forget()
    return stripe


@pytest.fixture
def flaky(localstripe: LocalStripe) -> Iterator[FlakyGateway]:
    """Localstripe behind a proxy with Stripe's idempotency, to be broken on purpose."""
    proxy = FlakyGateway(localstripe)
    yield proxy
    proxy.stop()


@pytest.fixture
def paying_app(app: "Flask", flaky: FlakyGateway, monkeypatch: pytest.MonkeyPatch) -> "Flask":
    """The application, its gateway the proxy, impatient."""
    runtime = app.extensions["guildhall"]
    settings = replace(runtime.settings, stripe_api_base=flaky.url, stripe_secret_key=SECRET_KEY,
                       stripe_timeout_seconds=TIMEOUT_SECONDS, stripe_publishable_key="pk_test_guildhall",
                       access_token_ttl=LONG_SESSIONS,
                       session_idle_seconds=LONG_SESSIONS)
    monkeypatch.setattr(runtime, "settings", settings)
    return app

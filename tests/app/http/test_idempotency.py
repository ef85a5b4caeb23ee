"""A key belongs to the call that claimed it last: a slow call that lost it leaves it to the retry (decision 22)."""
from datetime import timedelta

import pytest
from flask import Flask

from app.actor import system_actor
from app.clock import moved_clock
from app.data.unit_of_work import unit_of_work
from app.errors import RequestInFlight
from app.http.idempotency import Claim, claim_key, purge_keys
from tests.components import unique_name

SYSTEM = system_actor("marketplace")
LEASE_SECONDS = 60


def claim(app: Flask, key: str) -> Claim:
    with app.test_request_context("/", headers={"Idempotency-Key": key}):
        claimed = claim_key(SYSTEM, "route", b"body")
    assert isinstance(claimed, Claim)
    return claimed


@pytest.fixture
def key() -> str:
    return unique_name("key")


def test_a_call_that_runs_is_not_run_beside(app: Flask, key: str) -> None:
    claim(app, key)
    with pytest.raises(RequestInFlight):
        claim(app, key)


def test_a_slow_call_that_fails_does_not_free_the_key_a_retry_took_over(app: Flask, key: str) -> None:
    slow = claim(app, key)
    with moved_clock(seconds=LEASE_SECONDS):
        claim(app, key)
        slow.release(SYSTEM)
        with pytest.raises(RequestInFlight):
            claim(app, key)


def test_a_call_that_fails_frees_its_key(app: Flask, key: str) -> None:
    claim(app, key).release(SYSTEM)
    claim(app, key)


def test_of_a_slow_call_and_its_retry_one_may_store_its_answer(app: Flask, key: str) -> None:
    slow = claim(app, key)
    with moved_clock(seconds=LEASE_SECONDS):
        retry = claim(app, key)
        with unit_of_work(SYSTEM) as work:
            retry.store(work, 200, b"{}")
            work.commit()
        with pytest.raises(RequestInFlight), unit_of_work(SYSTEM) as work:
            slow.store(work, 200, b"{}")


def test_a_key_that_was_taken_over_is_kept_as_long_as_a_new_one(app: Flask, key: str) -> None:
    day = timedelta(hours=24).total_seconds()
    claim(app, key)
    with moved_clock(seconds=day - 10):
        claim(app, key)
    with moved_clock(seconds=day + 10):
        purge_keys(24)
        with pytest.raises(RequestInFlight):
            claim(app, key)

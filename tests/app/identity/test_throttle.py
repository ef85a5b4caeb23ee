"""The throttle against guessing."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.clock import moved_clock
from app.errors import TooManyRequests
from app.identity.login_throttle import Limit, LoginThrottle

THREE = Limit("test", most=3, window=900)


@pytest.fixture
def throttle(redis):
    return LoginThrottle(redis)


def test_the_attempt_after_the_last_allowed_one_is_refused_with_the_time_to_wait(throttle):
    for _ in range(3):
        throttle.take(THREE, "anna", "10.0.0.1")
    with pytest.raises(TooManyRequests) as refused:
        throttle.take(THREE, "anna", "10.0.0.1")
    assert 0 < int(refused.value.headers["Retry-After"]) <= 900


def test_another_subject_is_not_refused(throttle):
    for _ in range(3):
        throttle.take(THREE, "anna", "10.0.0.1")
    throttle.take(THREE, "anna", "10.0.0.2")
    throttle.take(THREE, "ann", "a10.0.0.1")


def test_when_the_window_has_passed_the_subject_may_try_again(throttle):
    for _ in range(3):
        throttle.take(THREE, "anna")
    with moved_clock(seconds=899), pytest.raises(TooManyRequests):
        throttle.take(THREE, "anna")
    with moved_clock(seconds=901):
        throttle.take(THREE, "anna")


def test_refused_attempts_do_not_lengthen_the_window(throttle):
    for _ in range(3):
        throttle.take(THREE, "anna")
    with moved_clock(seconds=800), pytest.raises(TooManyRequests) as refused:
        throttle.take(THREE, "anna")
    assert int(refused.value.headers["Retry-After"]) <= 101


def test_forgetting_clears_the_count(throttle):
    for _ in range(3):
        throttle.take(THREE, "anna")
    throttle.forget(THREE, "anna")
    throttle.take(THREE, "anna")


def test_rivals_together_get_no_more_than_the_limit(throttle):
    def attempt(_):
        try:
            throttle.take(THREE, "anna")
        except TooManyRequests:
            return "refused"
        return "taken"

    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(attempt, range(12)))
    assert outcomes.count("taken") == 3


def test_without_redis_nobody_is_locked_out(redis_gone):
    throttle = LoginThrottle(redis_gone)
    for _ in range(5):
        throttle.take(THREE, "anna")
    throttle.forget(THREE, "anna")

"""The throttle against guessing."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.clock import moved_clock
from app.errors import TooManyRequests
from app.identity.login_throttle import Delay, Limit, LoginThrottle, Throttled

THREE = Limit("test", most=3, window=900)
SLOWER = Delay("slower", free=2, first=60, longest=1800, window=86_400)


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
    with moved_clock(seconds=600), pytest.raises(TooManyRequests):
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


@pytest.mark.parametrize("bound", [THREE, Delay("slower", free=3, first=60, longest=1800, window=86_400)])
def test_an_attempt_that_read_the_clock_before_its_rival_does_not_begin_a_new_count(throttle, bound):
    for milliseconds in (0, -5, -10):
        with moved_clock(seconds=milliseconds / 1000):
            throttle.take(bound, "anna")
    with moved_clock(seconds=-1), pytest.raises(TooManyRequests):
        throttle.take(bound, "anna")


def test_a_clock_set_back_by_an_hour_begins_a_new_count(throttle):
    for _ in range(3):
        throttle.take(THREE, "anna")
    with moved_clock(seconds=-3600):
        throttle.take(THREE, "anna")


def test_without_redis_nobody_is_locked_out(redis_gone):
    throttle = LoginThrottle(redis_gone)
    for _ in range(5):
        throttle.take(THREE, "anna")
    throttle.forget(THREE, "anna")


def wait_of(throttle, bound, *subject):
    with pytest.raises(TooManyRequests) as refused:
        throttle.take(bound, *subject)
    return int(refused.value.headers["Retry-After"])


def test_a_delay_doubles_up_to_its_longest_and_locks_nobody_out(throttle):
    seconds = 0
    for _ in range(2):
        throttle.take(SLOWER, "anna")
    for wait in (60, 120, 240, 480, 960, 1800, 1800):
        with moved_clock(seconds=seconds):
            assert wait / 2 < wait_of(throttle, SLOWER, "anna") <= wait
        seconds += wait
        with moved_clock(seconds=seconds):
            throttle.take(SLOWER, "anna")
    with moved_clock(seconds=seconds + 86_400):
        for _ in range(2):
            throttle.take(SLOWER, "anna")


def test_an_attempt_given_back_does_not_count(throttle):
    for _ in range(9):
        throttle.take(THREE, "anna")
        throttle.give_back((THREE, ("anna",)))
    throttle.give_back((THREE, ("anna",)))
    for _ in range(3):
        throttle.take(THREE, "anna")
    assert wait_of(throttle, THREE, "anna") > 0


def test_of_several_bounds_a_refused_attempt_counts_under_none(throttle):
    for _ in range(3):
        throttle.take(THREE, "anna")
    for _ in range(5):
        with pytest.raises(TooManyRequests):
            throttle.take_all((THREE, ("ben",)), (THREE, ("anna",)))
    for _ in range(3):
        throttle.take(THREE, "ben")


def test_only_the_first_refusal_of_a_count_is_told(throttle):
    for _ in range(3):
        throttle.take(THREE, "anna")
    told = []
    for _ in range(3):
        with pytest.raises(Throttled) as refused:
            throttle.take(THREE, "anna")
        told.append(refused.value.is_first)
    assert told == [True, False, False]

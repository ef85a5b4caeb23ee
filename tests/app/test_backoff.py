"""The waits of every kind of work that is tried again."""
from datetime import timedelta

import pytest

from app.backoff import Backoff

DOUBLING = Backoff(timedelta(seconds=2), timedelta(hours=1), most=8)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 2), (2, 4), (3, 8), (11, 2048), (12, 3600), (10_000, 3600)])
def test_each_wait_is_twice_the_one_before_up_to_the_longest(attempts: int, seconds: int) -> None:
    assert DOUBLING.wait(attempts) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 4), (3, 16), (4, 64), (5, 256), (6, 360), (8, 360)])
def test_a_wait_may_grow_faster(attempts: int, minutes: int) -> None:
    steep = Backoff(timedelta(minutes=1), timedelta(hours=6), factor=4)
    assert steep.wait(attempts) == timedelta(minutes=minutes)


def test_work_is_given_up_after_its_last_attempt() -> None:
    assert [DOUBLING.is_exhausted(attempts) for attempts in (1, 7, 8, 9)] == [False, False, True, True]


def test_work_without_a_last_attempt_is_never_given_up() -> None:
    assert not Backoff(timedelta(seconds=10), timedelta(hours=1)).is_exhausted(10_000)

"""What feedback decides without a database."""
from datetime import UTC, datetime, timedelta

import pytest

from blueprints.marketplace.feedback import rules

DELIVERED = datetime(2026, 1, 31, tzinfo=UTC)


def test_feedback_closes_when_its_days_are_over():
    last = DELIVERED + timedelta(days=60)
    assert rules.is_open(DELIVERED, 60, last - timedelta(milliseconds=1))
    assert not rules.is_open(DELIVERED, 60, last)


@pytest.mark.parametrize(("month", "before"), [("2026-01", "2025-01"), ("2026-12", "2025-12"), ("1000-02", "0999-02")])
def test_twelve_months_reach_back_to_the_same_month_of_last_year(month, before):
    assert rules.a_year_before(month) == before


@pytest.mark.parametrize(("added", "taken", "steps"), [
    (5, None, (0, 0, 0, 0, 1)), (None, 1, (-1, 0, 0, 0, 0)), (4, 2, (0, -1, 0, 1, 0)), (3, 3, (0, 0, 0, 0, 0))])
def test_a_rating_that_comes_adds_one_and_one_that_goes_takes_one(added, taken, steps):
    assert rules.steps(added=added, taken=taken) == steps


def test_nothing_has_no_average():
    assert rules.summarize((0, 0, 0, 0, 0)) == {
        "count": 0, "average": None, "stars": {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0}}


def test_the_average_has_two_decimals():
    assert rules.summarize((1, 0, 0, 0, 2))["average"] == 3.67

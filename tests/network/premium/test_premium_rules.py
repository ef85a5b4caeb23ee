"""From when to when premium counts, without a database (NET-27)."""
from datetime import UTC, datetime, timedelta

import pytest

from blueprints.network.profile.premium_rules import Period, cut, moved_up, parse_price, period_of, price_stands

DAY = timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + number * DAY


def period(name: str, start: float, end: float) -> Period:
    return Period(name, day(start), day(end))


@pytest.mark.parametrize(("paid", "current_end", "start"), [(5, None, 5), (5, 3, 5), (5, 30, 30)])
def test_net_27_a_period_begins_at_the_payment_or_where_what_is_paid_ends(paid, current_end, start):
    end = None if current_end is None else day(current_end)
    assert period_of("a", day(paid), end, 30 * DAY) == period("a", start, start + 30)


@pytest.mark.parametrize(("moment", "end"), [(10, 10), (-5, 0), (40, 30)])
def test_what_is_ended_keeps_what_was_used(moment, end):
    assert cut(period("a", 0, 30), day(moment)) == period("a", 0, end)


def test_net_27_later_periods_move_up_to_where_the_ended_one_was_cut():
    later = [period("c", 60, 90), period("b", 30, 60)]
    assert moved_up(period("a", 0, 30), day(10), later) == [period("b", 10, 40), period("c", 40, 70)]


def test_net_27_an_ended_period_that_had_not_begun_leaves_no_gap():
    assert moved_up(period("b", 30, 60), day(10), [period("a", 0, 30), period("c", 60, 90)]) == [period("c", 30, 60)]


def test_nothing_moves_when_what_is_ended_was_over():
    assert moved_up(period("a", 0, 30), day(31), [period("b", 30, 60)]) == []


def test_net_27_the_price_of_an_order_stands_for_a_day():
    assert price_stands(day(0), day(0.99))
    assert not price_stands(day(0), day(1))


@pytest.mark.parametrize("text", ["", "ten", "0", "-1", "NaN", "Infinity"])
def test_a_price_that_is_no_amount_is_refused(text):
    with pytest.raises(ValueError):
        parse_price(text)

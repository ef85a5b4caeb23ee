"""The offer rules as sentences (rules-marketplace §2.3, decision 13)."""
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from blueprints.marketplace.auction_offer import rules
from blueprints.marketplace.auction_offer.rules import BUYER, SELLER, STAFF, SYSTEM

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALLOWED = {
    ("PENDING", "ACCEPTED"): SELLER, ("PENDING", "DECLINED"): SELLER, ("PENDING", "COUNTERED"): SELLER,
    ("PENDING", "CANCELLED"): BUYER,
    ("COUNTERED", "ACCEPTED"): BUYER, ("COUNTERED", "DECLINED"): BUYER, ("COUNTERED", "CANCELLED"): BUYER,
    ("PENDING", "EXPIRED"): SYSTEM, ("COUNTERED", "EXPIRED"): SYSTEM,
}


@pytest.mark.parametrize(("current", "wanted"), list(product(rules.OFFER_STATUSES, repeat=2)))
def test_only_the_party_of_the_table_takes_a_step(current, wanted):
    party = ALLOWED.get((current, wanted))
    assert rules.parties_of(current, wanted) - {STAFF} == ({party} if party else set())


@pytest.mark.parametrize("final", ["ACCEPTED", "DECLINED", "EXPIRED", "CANCELLED"])
def test_staff_may_correct_a_final_status_but_never_reopen_it(final):
    for other in rules.OFFER_STATUSES:
        expected = {STAFF} if other not in ("PENDING", "COUNTERED", final) else set()
        assert rules.parties_of(final, other) == expected


def test_only_answers_count_as_responses():
    answers = [status for status in rules.OFFER_STATUSES if rules.is_answer(status)]
    assert answers == ["ACCEPTED", "DECLINED", "COUNTERED"]


def test_an_offer_lapses_after_48_hours_or_sooner_when_asked():
    assert rules.lapse_time(NOW, 48, None) == NOW + timedelta(hours=48)
    assert rules.lapse_time(NOW, 48, NOW + timedelta(hours=1)) == NOW + timedelta(hours=1)
    assert rules.lapse_time(NOW, 48, NOW + timedelta(hours=72)) == NOW + timedelta(hours=48)


def test_only_open_offers_lapse_and_only_after_their_time():
    late = NOW + timedelta(milliseconds=1)
    assert rules.has_lapsed("PENDING", NOW, late)
    assert rules.has_lapsed("COUNTERED", NOW, late)
    assert not rules.has_lapsed("PENDING", NOW, NOW)
    assert not rules.has_lapsed("ACCEPTED", NOW, late)
    assert not rules.has_lapsed("PENDING", None, late)


def test_the_agreed_price_is_the_counters_if_there_was_one():
    assert rules.agreed_price(8000, 9000) == 9000
    assert rules.agreed_price(8000, None) == 8000


def test_units_left_are_those_not_promised_to_accepted_offers():
    assert rules.units_left(3, 2) == 1
    assert rules.units_left(1, 1) == 0
    assert rules.units_left(None, 7) is None

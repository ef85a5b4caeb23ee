"""What a payment's state means, whatever order the news arrive in."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.payments.booking import next_state, outcome_of, refund_state
from app.payments.states import CANCELED, FAILED, OPEN, SENDING, STARTED, SUCCESS

OUTCOMES = (STARTED, SUCCESS, FAILED, CANCELED)
ATTEMPT_STATES = (SENDING, OPEN, FAILED, CANCELED, SUCCESS)


@pytest.mark.parametrize(("intent_status", "outcome"), [
    ("succeeded", SUCCESS), ("requires_action", STARTED), ("requires_confirmation", STARTED), ("processing", STARTED),
    ("canceled", CANCELED), ("requires_payment_method", FAILED)])
def test_each_intent_status_means_one_outcome(intent_status, outcome):
    assert outcome_of(intent_status) == outcome


@given(st.text())
def test_a_status_nobody_knows_changes_nothing(status):
    outcome = outcome_of(status)
    assert outcome is None or outcome in OUTCOMES
    if outcome is None:
        assert next_state(OPEN, outcome) == OPEN


@pytest.mark.parametrize("late", [FAILED, CANCELED, STARTED, None])
def test_nothing_undoes_a_success(late):
    assert next_state(SUCCESS, late) == SUCCESS


def test_a_cancelled_payment_does_not_open_again():
    assert next_state(CANCELED, STARTED) == CANCELED
    assert next_state(CANCELED, FAILED) == CANCELED


def test_a_failed_payment_opens_again_when_the_payer_tries_another_card_in_the_browser():
    assert next_state(FAILED, STARTED) == OPEN


@given(st.sampled_from(ATTEMPT_STATES), st.lists(st.sampled_from([*OUTCOMES, None])))
def test_once_a_success_was_seen_the_attempt_stays_paid_in_any_order_of_news(state, news):
    for outcome in news:
        state = next_state(state, outcome)
        assert state in ATTEMPT_STATES
    assert (state == SUCCESS) or SUCCESS not in news


@given(st.permutations([STARTED, FAILED, SUCCESS, SUCCESS, CANCELED]))
def test_every_order_of_the_same_news_ends_the_same(news):
    state = SENDING
    for outcome in news:
        state = next_state(state, outcome)
    assert state == SUCCESS


def test_a_refund_is_pending_until_the_gateway_says_otherwise():
    assert [refund_state(word) for word in ("succeeded", "failed", "canceled")] == ["succeeded", "failed", "failed"]
    assert [refund_state(word) for word in ("pending", "requires_action", "new")] == ["pending"] * 3

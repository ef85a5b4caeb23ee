"""Acts that hold things: holds add up, and each undo lifts its own only (moderation.md M-1, M-2, M-28)."""
from typing import Any

import pytest

from app.clock import moved_clock
from app.errors import InvalidInput, RuleViolated
from app.jobs.worker import run_job
from blueprints.platform.moderation import acts, cases
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.rules import LETTER_STAYS
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.clients import Callers
from tests.marketplace.auction_offer.saleroom import PRODUCTS, Saleroom
from tests.marketplace.feedback.reviews import FEEDBACK, ReviewedShop
from tests.marketplace.moderation.holding import subject


@pytest.fixture
def room(callers: Callers) -> Saleroom:
    return Saleroom(callers)


@pytest.fixture
def shop(paying_app, callers, flaky):  # noqa: F811
    return ReviewedShop(callers, flaky)


def do(staff: Any, kind: str, entity_id: str, entity_type: str = "PRODUCT", **terms: Any) -> Act:
    """Do one act; returns it."""
    done = cases.act(staff.actor, ActOrder(kind, entity_type, entity_id, **terms), reason="fake")
    return done.acts[0]


def undo(staff: Any, act: Act, **given: Any) -> list[str]:
    """Undo an act; returns what cannot come back, beside the letter."""
    lost = acts.undo(staff.actor, act.number, reason="mistaken", **given).lost
    assert lost[-1] == LETTER_STAYS
    return lost[:-1]


def held(entity_id: str) -> str | None:
    """Return how a listing is held."""
    read = subject("PRODUCT", entity_id)
    assert read is not None
    return read.held


def test_m_2_a_thing_is_held_while_any_hold_stands(room):
    product = room.fixed()
    hidden, removed = do(room.admin, "HIDE", product), do(room.admin, "REMOVE", product)
    assert held(product) == "REMOVED"
    undo(room.admin, removed)
    assert held(product) == "HIDDEN"
    undo(room.admin, hidden)
    assert held(product) is None
    assert room.cleo.get(f"{PRODUCTS}/{product}").status_code == 200


def test_m_2_undo_lifts_its_own_hold_in_any_order(room):
    product = room.fixed()
    hidden, removed = do(room.admin, "HIDE", product), do(room.admin, "REMOVE", product)
    undo(room.admin, hidden)
    assert held(product) == "REMOVED"
    undo(room.admin, removed)
    assert held(product) is None


def test_m_2_showing_a_thing_again_lifts_all_its_holds_and_its_undo_puts_them_back(room):
    product = room.fixed()
    hidden, removed = do(room.admin, "HIDE", product), do(room.admin, "REMOVE", product)
    shown = do(room.admin, "SHOW_AGAIN", product)
    assert held(product) is None
    assert undo(room.admin, shown) == []
    assert held(product) == "REMOVED"
    undo(room.admin, removed)
    undo(room.admin, hidden)
    assert held(product) is None


def test_m_2_a_hold_that_was_undone_meanwhile_is_not_put_back(room):
    product = room.fixed()
    hidden = do(room.admin, "HIDE", product)
    shown = do(room.admin, "SHOW_AGAIN", product)
    undo(room.admin, hidden)
    assert undo(room.admin, shown) != []
    assert held(product) is None


def test_what_nothing_holds_is_not_shown_again(room):
    product = room.fixed()
    with pytest.raises(RuleViolated, match="Nothing holds it"):
        do(room.admin, "SHOW_AGAIN", product)


def test_the_same_hold_twice_is_one_act_and_after_showing_again_another(room):
    product = room.fixed()
    first = do(room.admin, "HIDE", product)
    assert do(room.admin, "HIDE", product).number == first.number
    do(room.admin, "SHOW_AGAIN", product)
    assert do(room.admin, "HIDE", product).number != first.number
    assert held(product) == "HIDDEN"


def test_m_2_a_hold_for_some_days_ends_by_itself_and_no_other_with_it(room):
    timed, lasting = room.fixed(), room.fixed()
    act = do(room.admin, "HIDE", timed, days=2)
    for product in (timed, lasting):
        do(room.admin, "REMOVE", product, days=4)
    do(room.admin, "HIDE", lasting)
    run_job("lapse-holds")
    assert (held(timed), held(lasting)) == ("REMOVED", "REMOVED")
    with moved_clock(days=3):
        run_job("lapse-holds")
        assert held(timed) == "REMOVED"
        with pytest.raises(RuleViolated, match="has ended"):
            acts.undo(room.admin.actor, act.number, reason="late")
    with moved_clock(days=5):
        run_job("lapse-holds")
    assert (held(timed), held(lasting)) == (None, "HIDDEN")


def test_m_9_offers_come_back_when_the_last_of_several_holds_is_lifted(room):
    product = room.fixed()
    offer = room.offered(room.ben, product, 80)
    hidden, removed = do(room.admin, "HIDE", product), do(room.admin, "REMOVE", product)
    undo(room.admin, hidden)
    assert room.offer_seen(room.admin, offer)["status"] == "EXPIRED"
    undo(room.admin, removed)
    assert room.offer_seen(room.admin, offer)["status"] == "PENDING"


def test_m_28_an_override_is_undone_with_its_stars(shop):
    feedback = shop.reviewed(rating=1, comment="thief")["id"]
    act = do(shop.admin, "OVERRIDE_FEEDBACK", feedback, "FEEDBACK", changes={"rating": 4, "comment": "-"})
    assert shop.reputation()["average"] == 4
    assert undo(shop.admin, act) == []
    assert shop.buyer.get(f"{FEEDBACK}/{feedback}").json["feedback"]["comment"] == "thief"
    assert shop.reputation()["average"] == 1


def test_m_28_the_undo_of_an_override_is_refused_when_the_feedback_changed_since(shop):
    feedback = shop.reviewed(rating=1)["id"]
    act = do(shop.admin, "OVERRIDE_FEEDBACK", feedback, "FEEDBACK", changes={"rating": 4})
    assert shop.change(shop.buyer, feedback, rating=2).status_code == 200
    with pytest.raises(RuleViolated, match="changed since"):
        undo(shop.admin, act)
    assert shop.reputation()["average"] == 2
    assert undo(shop.admin, act, force=True) == ["What the feedback said since is overwritten"]
    assert shop.reputation()["average"] == 1


def test_a_feedback_that_its_buyer_wrote_anew_is_corrected_anew_by_the_same_act(shop):
    feedback = shop.reviewed(rating=1, comment="thief")["id"]

    def corrected() -> int:
        return do(shop.admin, "OVERRIDE_FEEDBACK", feedback, "FEEDBACK", changes={"rating": 4, "comment": "-"}).number

    assert (corrected(), corrected()) == (1, 1)
    assert shop.change(shop.buyer, feedback, comment="thief!").status_code == 200
    assert (corrected(), corrected()) == (2, 2)
    assert shop.buyer.get(f"{FEEDBACK}/{feedback}").json["feedback"]["comment"] == "-"


def test_m_28_an_override_of_what_was_deleted_since_is_undone_without_it(shop):
    feedback = shop.reviewed(rating=1)["id"]
    act = do(shop.admin, "OVERRIDE_FEEDBACK", feedback, "FEEDBACK", changes={"rating": 4})
    shop.delete(shop.buyer, feedback)
    assert undo(shop.admin, act) != []


def test_an_override_that_no_feedback_could_have_is_refused(shop):
    feedback = shop.reviewed(rating=1)["id"]
    with pytest.raises(InvalidInput):
        do(shop.admin, "OVERRIDE_FEEDBACK", feedback, "FEEDBACK", changes={"rating": 9})
    assert shop.reputation()["average"] == 1

"""Many listings judged at once: frozen ids, resumed where it broke off, undone backwards (moderation.md, Bulk)."""
import pytest

from app.clock import moved_clock
from app.errors import Forbidden, InvalidInput, RuleViolated
from blueprints.marketplace.product_listing.queries import find_product_ids
from blueprints.platform.moderation import acts, bulk, cases
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.holding import lapse_holds
from tests.clients import Callers
from tests.marketplace.auction_offer.saleroom import PRODUCTS, Saleroom
from tests.marketplace.moderation.holding import subject

UNKNOWN = "00000000-0000-7000-8000-0000000000ff"


@pytest.fixture
def room(callers: Callers) -> Saleroom:
    return Saleroom(callers)


def begun(room, ids, kind="REMOVE", **given):
    return bulk.begin(room.admin.actor, kind, "PRODUCT", ids, reason="fakes", strikes=False, **given).number


def held(ids):
    return [subject("PRODUCT", product).held for product in ids]


def test_only_staff_begin_a_bulk_and_not_of_nothing(room):
    with pytest.raises(Forbidden):
        bulk.begin(room.ben.actor, "REMOVE", "PRODUCT", [UNKNOWN], reason="r")
    for kind, ids in (("BAN", [UNKNOWN]), ("REMOVE", [])):
        with pytest.raises(InvalidInput):
            bulk.begin(room.admin.actor, kind, "PRODUCT", ids, reason="r")


def test_a_bulk_does_what_was_frozen_and_says_what_was_refused(room):
    listings = [room.fixed() for _ in range(3)]
    number = begun(room, [*listings, UNKNOWN, listings[0]])
    late = room.fixed()
    assert held(listings) == [None] * 3
    told = []
    done = bulk.run(room.admin.actor, number, lambda ended, total: told.append((ended, total)))
    assert (done.done, done.refused, done.pending) == (3, 1, 0)
    assert [entity_id for entity_id, _ in done.said] == [UNKNOWN]
    assert told[-1] == (4, 4)
    assert held([*listings, late]) == ["REMOVED"] * 3 + [None]


def test_a_bulk_that_broke_off_goes_on_with_what_is_pending(room):
    listings = [room.fixed() for _ in range(3)]
    number = begun(room, listings)

    def broken(ended, total):
        if ended == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bulk.run(room.admin.actor, number, broken)
    assert bulk.report("marketplace", number).pending == 1
    assert bulk.run(room.admin.actor, number).done == 3
    assert held(listings) == ["REMOVED"] * 3


def test_one_process_runs_a_bulk_until_its_lease_ends(room):
    number = begun(room, [room.fixed()])
    bulk._lease(room.admin.actor, bulk._bulk("marketplace", number).id)
    with pytest.raises(RuleViolated, match="Another process"):
        bulk.run(room.admin.actor, number)
    with moved_clock(minutes=3):
        assert bulk.run(room.admin.actor, number).done == 1


def test_the_undo_of_a_bulk_goes_backwards_and_leaves_what_others_did(room):
    listings = [room.fixed() for _ in range(3)]
    before = cases.act(room.admin.actor, ActOrder("REMOVE", "PRODUCT", listings[1]), reason="other").acts[0]
    hidden = cases.act(room.admin.actor, ActOrder("HIDE", "PRODUCT", listings[2]), reason="other").acts[0]
    number = begun(room, listings)
    done = bulk.run(room.admin.actor, number)
    assert (done.done, done.refused) == (2, 1)
    undone = bulk.undo(room.admin.actor, number, reason="mistaken")
    assert (undone.is_undoing, undone.done, undone.undone) == (True, 0, 2)
    assert held(listings) == [None, "REMOVED", "HIDDEN"]
    for act in (before, hidden):
        acts.undo(room.admin.actor, act.number, reason="too")
    assert held(listings) == [None] * 3


def test_an_undo_of_a_bulk_that_broke_off_goes_on(room):
    listings = [room.fixed() for _ in range(3)]
    number = begun(room, listings)
    bulk.run(room.admin.actor, number)

    def broken(ended, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bulk.undo(room.admin.actor, number, reason="mistaken", progress=broken)
    assert held(listings) == ["REMOVED", "REMOVED", None]
    assert bulk.run(room.admin.actor, number).undone == 3
    assert held(listings) == [None] * 3


def test_listings_are_found_by_seller_words_and_category(room):
    rolex, phone = room.fixed(title="Rolex"), room.fixed()
    category = room.product(phone)["categoryId"]
    found = [find_product_ids(limit=9, **given) for given in (
        {}, {"seller_id": room.ben.user_id}, {"seller_id": room.seller.user_id, "text": "rolex"},
        {"category_id": category})]
    assert found == [[], [], [rolex], sorted([rolex, phone])]
    bulk.run(room.admin.actor, begun(room, [rolex]))
    assert find_product_ids(text="rolex", limit=9) == []
    assert room.cleo.get(f"{PRODUCTS}/{rolex}").status_code == 404


def test_a_bulk_for_some_days_ends_by_itself(room):
    listing = room.fixed()
    bulk.run(room.admin.actor, begun(room, [listing], "HIDE", days=2))
    with moved_clock(days=3):
        assert lapse_holds("marketplace") == 1
    assert held([listing]) == [None]

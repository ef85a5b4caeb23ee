"""Many listings judged at once: frozen ids, resumed where it broke off, undone backwards (moderation.md, Bulk)."""
import pytest
from sqlalchemy import select

from app.clock import moved_clock
from app.data.connections import transaction
from app.data.reads import fetch_one
from app.errors import Forbidden, InvalidInput, RuleViolated
from app.notify.mailbox import read_outbox
from blueprints.marketplace.product_listing.queries import find_product_ids
from blueprints.platform.moderation import acts, bulk, bulk_letters, cases, rehearsals
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.counters import pending_cases
from blueprints.platform.moderation.holding import lapse_holds
from blueprints.platform.moderation.report_models import Report
from blueprints.platform.moderation.reports import report
from tests.clients import Callers
from tests.contract.leaks import kept_in_the_database
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


def test_a_bulk_that_broke_off_goes_on_with_what_is_pending(room, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
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


def test_a_bulk_judges_so_many_at_once_and_one_by_one_where_one_is_refused(room, callers, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    listings = [room.fixed() for _ in range(5)]
    for listing in (listings[0], listings[2]):
        report(room.cleo.actor, entity_type="PRODUCT", entity_id=listing, reason="FRAUD")
    cases.take(callers.admin("bob").actor, 2)
    told = []
    done = bulk.run(room.admin.actor, begun(room, listings), lambda ended, total: told.append(ended))
    assert told == [2, 4, 5]
    assert (done.done, done.refused, done.said) == (4, 1, ((listings[2], "Case 2 is with Bob"),))
    assert held(listings) == ["REMOVED", "REMOVED", None, "REMOVED", "REMOVED"]
    assert fetch_one(select(Report.state).where(Report.entity_id == listings[0])).state == "UPHELD"
    assert pending_cases("marketplace") == 1


def test_what_is_judged_at_once_is_done_whole_or_not_at_all(room, monkeypatch):
    listings = [room.fixed() for _ in range(3)]
    number = begun(room, listings)
    written = []

    def killed(work, item, **values):
        written.append(item)
        if len(written) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(bulk, "_write", killed)
        with pytest.raises(KeyboardInterrupt):
            bulk.run(room.admin.actor, number)
    assert (held(listings), bulk.report("marketplace", number).pending) == ([None] * 3, 3)
    assert bulk.run(room.admin.actor, number).done == 3


def test_others_write_between_two_things_that_are_rehearsed(room, monkeypatch):
    open_then = []
    monkeypatch.setattr(rehearsals, "yield_write_lock", lambda: open_then.append(transaction.get()))
    listings = [room.fixed() for _ in range(2)]
    assert len(bulk.refused_of(room.admin.actor, "SHOW_AGAIN", "PRODUCT", listings, reason="r")) == 2
    assert open_then == [None] * 2


def test_what_would_be_refused_of_a_bulk_is_said_and_nothing_changed(room, callers):
    listings = [room.fixed() for _ in range(3)]
    report(room.cleo.actor, entity_type="PRODUCT", entity_id=listings[1], reason="FRAUD")
    cases.take(callers.admin("bob").actor, 1)
    before = sorted(kept_in_the_database())
    refused = [(listings[1], "Case 1 is with Bob")]
    assert bulk.refused_of(room.admin.actor, "REMOVE", "PRODUCT", listings, reason="r") == refused
    assert sorted(kept_in_the_database()) == before
    number = begun(room, listings)
    assert bulk.refused_of_rest(room.admin.actor, number) == refused
    bulk.run(room.admin.actor, number)
    acts.undo(room.admin.actor, 1, reason="r")
    before = sorted(kept_in_the_database())
    assert bulk.refused_of_rest(room.admin.actor, number, undo_reason="mistaken") == []
    assert sorted(kept_in_the_database()) == before
    bulk._lease(room.admin.actor, bulk._bulk("marketplace", number).id)
    with pytest.raises(RuleViolated, match="Another process"):
        bulk.refused_of_rest(room.admin.actor, number, undo_reason="mistaken")


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


def listed_by(room, seller, **given):
    room.seller, usual = seller, room.seller
    try:
        return room.fixed(**given)
    finally:
        room.seller = usual


def letters(person, template="STATEMENT_OF_REASONS"):
    return [letter for letter in read_outbox(person.email) if letter["template"] == template]


def test_m_31_a_bulk_sends_each_person_one_letter_that_names_the_things(room, settle):
    mine = [room.fixed(title=f"Lamp {number}") for number in range(3)]
    other = listed_by(room, room.cleo, title="Clock")
    number = bulk.begin(room.admin.actor, "REMOVE", "PRODUCT", [*mine, other], reason="fakes", days=7).number
    bulk.run(room.admin.actor, number)
    settle()
    [letter] = letters(room.seller)
    assert letter["subject"] == "3 of your listings were removed (cases 1 to 3)"
    assert "3 of your listings are removed until" in letter["text"]
    for said in ("- “Lamp 0”\n- “Lamp 1”\n- “Lamp 2”", "Why: fakes", "It leaves strike s1", "appeal-page#strike=1&",
                 "These are cases 1 to 3."):
        assert said in letter["text"]
    assert "Clock" not in letter["text"]
    [letter] = letters(room.cleo)
    assert letter["subject"] == "Your listing was removed (case 4)"
    assert "Your listing “Clock” is removed until" in letter["text"]


def test_m_31_the_undo_of_a_bulk_is_one_letter_too_and_what_was_told_alone_is_not_told_again(room, settle):
    listings = [room.fixed() for _ in range(3)]
    number = begun(room, listings)
    bulk.run(room.admin.actor, number)
    settle()
    acts.undo(room.admin.actor, 2, reason="this one is real")
    settle()
    [alone] = letters(room.seller, "ACT_UNDONE")
    assert alone["subject"] == "Taken back: case 2"
    bulk.undo(room.admin.actor, number, reason="all are real")
    settle()
    together, _ = letters(room.seller, "ACT_UNDONE")
    assert together["subject"] == "Taken back: cases 1 and 3"
    assert "2 of your listings are removed until further notice" in together["text"]
    assert "Why: all are real" in together["text"]
    assert len(letters(room.seller)) == 1


def test_m_31_a_bulk_that_broke_off_tells_what_it_did_after_a_while_and_the_rest_when_it_goes_on(
        room, settle, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    listings = [room.fixed(title=f"Lamp {number}") for number in range(3)]
    number = begun(room, listings)

    def broken(ended, total):
        if ended == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bulk.run(room.admin.actor, number, broken)
    settle()
    assert letters(room.seller) == []
    with moved_clock(minutes=31):
        settle()
        [first] = letters(room.seller)
        assert "- “Lamp 0”\n- “Lamp 1”" in first["text"]
        bulk.run(room.admin.actor, number)
        settle()
        second, _ = letters(room.seller)
    assert second["subject"] == "Your listing was removed (case 3)"


def test_m_31_a_bulk_of_many_people_writes_to_all(room, settle, monkeypatch):
    monkeypatch.setattr(bulk_letters, "PEOPLE_AT_ONCE", 1)
    sellers = (room.seller, room.ben, room.cleo)
    bulk.run(room.admin.actor, begun(room, [listed_by(room, seller) for seller in sellers for _ in range(2)]))
    settle()
    assert [len(letters(seller)) for seller in sellers] == [1, 1, 1]


def test_a_repeated_act_of_a_bulk_returns_the_strike_of_its_person(room):
    listings = [room.fixed() for _ in range(2)]
    number = bulk.begin(room.admin.actor, "REMOVE", "PRODUCT", listings, reason="fakes").number
    bulk.run(room.admin.actor, number)
    again = [cases.act(room.admin.actor, ActOrder("REMOVE", "PRODUCT", one), reason="fakes") for one in listings]
    assert [(done.acts[0].number, done.strike.number) for done in again] == [(1, 1), (2, 1)]

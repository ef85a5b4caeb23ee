"""`flask doctor --fix`: what is wrong is told, a dry run changes nothing, a mend mends, a second run finds nothing."""
import getpass
import json
import os
import pwd
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import insert, select, update

from app.actor import system_actor
from app.clock import now
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.media.store import media_store
from app.ops import checks
from app.ops import mends as mend_module
from app.ops.checks import CHECKS, FAIL, OK, WARN, ServiceChecks, examine
from app.ops.mends import Mend, ServiceMends, mends
from app.payments.records import PaymentAttempt
from app.payments.states import SUCCESS
from app.runtime import runtime
from app.search import Removal
from app.search.catalogue import rebuild_index, search_index
from app.settings import Settings
from blueprints.marketplace.auction_offer.commands import close_auction
from blueprints.marketplace.feedback.models import ALL_MONTHS, StarCount
from blueprints.marketplace.messaging.models import Conversation
from blueprints.marketplace.order_management.models import Order, OrderItem
from blueprints.marketplace.product_listing.models import Product
from blueprints.marketplace.watchlist_cart.models import WatchlistItem, WatchlistList
from blueprints.network.company.models import CompanyTally
from blueprints.network.content.feed_models import Voice
from blueprints.network.content.models import Like, PostTally
from blueprints.network.job_application.models import ApplicationRejected, JobApplication
from blueprints.network.job_application.rules import REJECTED
from blueprints.network.messaging.models import Conversation as NetworkConversation
from blueprints.network.messaging.models import Participant
from blueprints.network.networking.models import Connection, Person, Tie
from blueprints.network.profile.models import Profile, ProfileTerm
from blueprints.network.profile.premium_models import Premiumsubscription
from blueprints.network.profile.premium_settlement import CHECKOUT as PREMIUM
from blueprints.platform.auth.export_models import FAILED, READY, WAITING, PersonExport
from blueprints.platform.bff.models import StoredView
from blueprints.platform.moderation.counter_models import Counter
from blueprints.platform.moderation.models import Case
from blueprints.platform.notification.models import UnreadCount
from tests.cli.market import ORDERS, Market
from tests.flow import settle

Run = Callable[..., Result]
ID = "0195f00d-0000-7000-8000-00000000000"



def write(realm: str, change: Callable[[UnitOfWork], object]) -> None:
    with unit_of_work(system_actor(realm)) as work:
        change(work)
        work.commit()


def add(realm: str, model: Any, /, **values: Any) -> None:
    """Add a row past the commands that would have counted it."""
    write(realm, lambda work: work.execute(insert(model).values(**values)))


def a_wrong_reputation() -> None:
    add("marketplace", StarCount, seller_id=f"{ID}1", month=ALL_MONTHS, stars_1=0, stars_2=0, stars_3=0, stars_4=0,
        stars_5=7)
    add("marketplace", StarCount, seller_id=f"{ID}1", month="2026-01", stars_1=0, stars_2=0, stars_3=0, stars_4=0,
        stars_5=9)


def a_wrong_tally_of_a_post() -> None:
    add("network", PostTally, post_id=f"{ID}2", likes=5, comments=3)
    write("network", lambda work: work.insert(Like(liked_at=now(), post_id=f"{ID}2", user_id=f"{ID}3")))


def a_wrong_tally_of_a_company() -> None:
    add("network", CompanyTally, company_id=f"{ID}4", followers=5, updates=1)


def a_wrong_voice() -> None:
    add("network", Voice, num=7, at=now(), post_id=f"{ID}5")


def a_wrong_count_of_unread_notices() -> None:
    add("marketplace", UnreadCount, realm="marketplace", user_id=f"{ID}6", unread=4)


def a_wrong_conversation() -> None:
    add("marketplace", Conversation, user_id=f"{ID}1", counterpart_id=f"{ID}2", messages=5, unread=2, last_at=now(),
        last_message_id=None)


def a_wrong_participant() -> None:
    moment = now()
    write("network", lambda work: work.insert(NetworkConversation(
        id=f"{ID}7", creator_user_id=f"{ID}1", participant_ids=[f"{ID}1"], people_key="k", last_moment=moment)))
    add("network", Participant, conversation_id=f"{ID}7", user_id=f"{ID}1", joined_at=moment, unread=5,
        unread_since=moment, last_at=moment)


def a_wrong_list() -> None:
    write("marketplace", lambda work: work.insert(WatchlistList(
        id=f"{ID}8", name="gifts", name_key="gifts", user_id=f"{ID}1", item_count=7)))


def an_item_in_a_deleted_list() -> None:
    def leave(work: UnitOfWork) -> None:
        work.insert(WatchlistList(id=f"{ID}9", name="old", name_key="old", user_id=f"{ID}1", item_count=0))
        work.insert(WatchlistItem(user_id=f"{ID}1", added_at=now(), product_id=f"{ID}2", list_id=f"{ID}9"))
        work.flush()
        work.execute(update(WatchlistList).values(is_active=False).execution_options(synchronize_session=False))

    write("marketplace", leave)


def people_who_are_connected_and_not_tied() -> None:
    write("network", lambda work: work.insert(Connection(
        connected_since=now(), user_id1=f"{ID}1", user_id2=f"{ID}2")))
    for number in (1, 2):
        add("network", Person, num=number, user_id=f"{ID}{number}", ties=0)


def people_who_are_tied_and_not_connected() -> None:
    for number in (1, 2):
        add("network", Person, num=number, user_id=f"{ID}{number}", ties=1)
    add("network", Tie, a=1, b=2)


def a_person_who_counts_another_number() -> None:
    add("network", Person, num=3, user_id=f"{ID}3", ties=4)


def a_profile_that_is_not_found_by_its_skills() -> None:
    write("network", lambda work: work.insert(Profile(
        id=f"{ID}1", user_id=f"{ID}1", full_name="Nora", skills=["Rust"], languages=[], certifications=[],
        experience=[], education=[])))


def terms_of_a_profile_that_is_gone() -> None:
    a_profile_that_is_not_found_by_its_skills()
    add("network", ProfileTerm, profile_id=f"{ID}1", kind="skill", term_key="cobol")


def a_rejection_without_its_trace() -> None:
    write("network", lambda work: work.insert(JobApplication(
        job_posting_id=f"{ID}1", applicant_user_id=f"{ID}2", status=REJECTED, last_status_update_at=now(),
        applied_at=now())))


def a_wrong_count_of_cases() -> None:
    add("marketplace", Counter, realm="marketplace", name="pending", value=5)


def a_wrong_count_of_reports() -> None:
    write("marketplace", lambda work: work.insert(Case(
        realm="marketplace", number=1, kind="REPORT", entity_type="PRODUCT", entity_id=f"{ID}1", report_count=3,
        opened_at=now())))
    add("marketplace", Counter, realm="marketplace", name="pending", value=1)


def bytes_without_an_upload() -> None:
    stored_a_day_ago("ab12" * 8)


def stored_a_day_ago(name: str) -> Path:
    """Store bytes under a name, as old as the doctor looks at them; returns where they lie."""
    media_store().put(name, b"nobody's", "image/png")
    path = runtime().settings.home / "media" / name[:2] / name[2:4] / name
    long_ago = (now() - timedelta(days=1)).timestamp()
    os.utime(path, (long_ago, long_ago))
    return path


def a_copy_of_no_row() -> None:
    settle()  # while events are on their way, copies may lag behind
    add("network", StoredView, realm="network", view="postdetailview", object_id=f"{ID}1", record_version=1,
        parts_version=0, document="{}", refreshed_at=now())


def a_home_that_others_enter() -> None:
    runtime().settings.home.chmod(0o755)


def a_file_that_others_read() -> None:
    file = runtime().settings.home / "a-note"
    file.touch()
    file.chmod(0o644)


BREAKS = [
    ("reputations", a_wrong_reputation), ("post tallies", a_wrong_tally_of_a_post),
    ("company tallies", a_wrong_tally_of_a_company), ("feed", a_wrong_voice),
    ("unread notifications", a_wrong_count_of_unread_notices), ("conversations", a_wrong_conversation),
    ("network conversations", a_wrong_participant), ("watchlists", a_wrong_list),
    ("watchlists", an_item_in_a_deleted_list), ("ties", people_who_are_connected_and_not_tied),
    ("ties", people_who_are_tied_and_not_connected), ("ties", a_person_who_counts_another_number),
    ("profileTerms", a_profile_that_is_not_found_by_its_skills), ("profileTerms", terms_of_a_profile_that_is_gone),
    ("rejected applications", a_rejection_without_its_trace), ("queue", a_wrong_count_of_cases),
    ("queue", a_wrong_count_of_reports), ("media", bytes_without_an_upload),
    ("stored views", a_copy_of_no_row),
    ("instance folder", a_home_that_others_enter), ("owners and modes", a_file_that_others_read),
]
ELSEWHERE = {"search index", "stock", "auctions"}
"""Those whose breaks need more of a world: they have tests of their own, below. Money and the audit are mended by name
alone: test_named_mends.py, test_mend_of_books.py …"""


@pytest.fixture
def only(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Call it with a check's name: the doctor asks that one alone, which is quick."""
    parts, every = runtime()._parts, runtime().part(ServiceChecks)

    def keep(name: str) -> None:
        monkeypatch.setattr(checks, "CHECKS", {name: CHECKS[name]} if name in CHECKS else {})
        monkeypatch.setitem(parts, ServiceChecks, ServiceChecks({name: every[name]} if name in every else {}))

    yield keep
    runtime().settings.home.chmod(0o700)
    (runtime().settings.home / "a-note").unlink(missing_ok=True)


def told(name: str) -> tuple[str, str]:
    [finding] = examine([name])
    return finding.state, finding.says


def assert_mended(run: Run, name: str) -> None:
    """Break it first. Told; unchanged by a dry run; mended; and nothing is left for a second run."""
    wrong = told(name)
    assert wrong[0] != OK
    rehearsed = run("doctor", "--fix", "--dry-run")
    assert f"{name}: {mends()[name].says}" in " ".join(rehearsed.output.split())
    assert "dry run: nothing was changed" in rehearsed.output
    assert told(name) == wrong
    done = run("doctor", "--fix", "--yes", "--json")
    assert done.exit_code == 0, done.output
    [row] = json.loads(done.stdout)["mended"]
    assert (row["check"], row["error"]) == (name, None)
    assert row["mended"] > 0
    assert told(name)[0] == OK
    again = run("doctor", "--fix", "--yes", "--json")
    assert json.loads(again.stdout)["mended"] == []
    assert "nothing is wrong that can be mended here" in again.stderr


@pytest.mark.parametrize(("name", "wrong"), BREAKS, ids=[wrong.__name__ for _, wrong in BREAKS])
def test_what_is_wrong_is_told_and_mended_once(
        run: Run, only: Callable[[str], None], name: str, wrong: Callable[[], None]) -> None:
    only(name)
    wrong()
    assert_mended(run, name)


def test_every_mend_has_a_check_and_a_test(app: Flask) -> None:
    known = {**CHECKS, **runtime().part(ServiceChecks)}
    assert set(mends()) <= set(known)
    mendable = {name for name, mend in mends().items() if isinstance(mend, Mend)}
    indexes = {name for name in mendable if name.startswith("search of ")}
    assert mendable - indexes == {name for name, _ in BREAKS} | ELSEWHERE


def test_what_is_mended_is_what_a_recount_finds(run: Run, only: Callable[[str], None]) -> None:
    only("post tallies")
    a_wrong_tally_of_a_post()
    run("doctor", "--fix", "--yes")
    assert fetch(select(PostTally.likes, PostTally.comments)) == [(1, 0)]


def test_people_are_tied_in_both_directions_and_counted(run: Run, only: Callable[[str], None]) -> None:
    only("ties")
    people_who_are_connected_and_not_tied()
    run("doctor", "--fix", "--yes")
    assert sorted(tuple(row) for row in fetch(select(Tie.a, Tie.b))) == [(1, 2), (2, 1)]
    assert [row.ties for row in fetch(select(Person.ties))] == [1, 1]


def test_who_was_rejected_does_not_apply_again_after_the_mend(run: Run, only: Callable[[str], None]) -> None:
    only("rejected applications")
    a_rejection_without_its_trace()
    run("doctor", "--fix", "--yes")
    assert [row.applicant_user_id for row in fetch(select(ApplicationRejected.applicant_user_id))] == [f"{ID}2"]


def test_a_mend_stands_in_the_audit_with_the_operators_name(run: Run, only: Callable[[str], None]) -> None:
    only("company tallies")
    a_wrong_tally_of_a_company()
    run("doctor", "--fix", "--yes")
    [said] = [line for line in run("moderate", "audit", "export", "--realm", "network").stdout.splitlines()
              if "doctor.mended" in line]
    assert f"{ID}4" in said
    assert getpass.getuser() in said


def test_stock_that_orders_do_not_hold_is_given_back(
        run: Run, only: Callable[[str], None], market: Market) -> None:
    only("stock")
    listing = market.listed()
    write("marketplace", lambda work: work.execute(update(Product).where(Product.id == listing).values(
        reserved=2, sold=1).execution_options(synchronize_session=False)))
    assert_mended(run, "stock")
    assert [(row.reserved, row.sold) for row in fetch(select(Product.reserved, Product.sold))] == [(0, 0)]


AUCTION = (Product.bid_count, Product.current_bid, Product.highest_bidder_id, Product.leader_max, Product.runner_up_max)


@pytest.mark.parametrize("wrong", [
    {"bid_count": 9}, {"current_bid": 700}, {"highest_bidder_id": f"{ID}1"}, {"leader_max": 99_999},
    {"runner_up_max": None}], ids=lambda wrong: next(iter(wrong)))
@pytest.mark.parametrize("mode", ["OPEN", "PROXY"])
def test_an_auction_stands_where_its_bids_put_it(
        run: Run, only: Callable[[str], None], market: Market, wrong: dict[str, Any], mode: str) -> None:
    only("auctions")
    auction = market.auctioned(biddingMode=mode)
    market.bid(market.ben, auction, 20)
    market.bid(market.cleo, auction, 30)
    [before] = fetch(select(*AUCTION))
    write("marketplace", lambda work: work.execute(update(Product).where(Product.id == auction).values(
        wrong).execution_options(synchronize_session=False)))
    assert told("auctions")[1] == f"auction {auction}: {next(iter(wrong))} differ from its bids"
    assert_mended(run, "auctions")
    assert fetch(select(*AUCTION)) == [before]


def test_an_auction_that_is_closed_went_to_its_winner_at_the_price_of_the_bid(
        run: Run, only: Callable[[str], None], market: Market) -> None:
    only("auctions")
    auction, sold_to_nobody = market.auctioned(), market.auctioned(reservePrice=500)
    for product in (auction, sold_to_nobody):
        market.bid(market.ben, product, 20)
        close_auction(system_actor("marketplace"), product, early=True)
    assert told("auctions")[0] == OK
    write("marketplace", lambda work: work.execute(update(Product).values(
        current_bid=1, highest_bidder_id=f"{ID}1", bid_count=7).execution_options(synchronize_session=False)))
    assert_mended(run, "auctions")
    counted = select(Product.bid_count, Product.current_bid, Product.highest_bidder_id).where(Product.id == auction)
    assert fetch(counted) == [(1, 2000, market.ben.user_id)]


def test_an_index_that_misses_a_document_is_brought_up_to_date(
        run: Run, only: Callable[[str], None], market: Market) -> None:
    only("search index")
    market.listed()
    settle()
    rebuild_index("searchIndex")
    assert told("search index")[0] == OK
    [document, *_] = dict(search_index("searchIndex").versions())
    search_index("searchIndex").apply([Removal(document)])
    assert_mended(run, "search index")


def test_an_index_is_not_called_wrong_while_events_are_on_their_way(
        run: Run, only: Callable[[str], None], market: Market) -> None:
    only("search index")
    rebuild_index("searchIndex")
    market.listed()
    assert told("search index")[0] == OK


def test_young_bytes_whose_upload_is_being_written_are_left_alone(run: Run, only: Callable[[str], None]) -> None:
    only("media")
    media_store().put("cd34" * 8, b"on its way", "image/png")
    try:
        assert told("media")[0] == OK
    finally:
        media_store().delete("cd34" * 8)


def test_the_exports_of_people_are_nobody_elses_to_remove(run: Run, only: Callable[[str], None]) -> None:
    only("media")
    stray, exports = stored_a_day_ago("ab34" * 8), dict[str, Path]()
    for number, state in enumerate((WAITING, READY, FAILED)):
        exports[state] = stored_a_day_ago(f"ef5{number}" * 8)
        add("network", PersonExport, id=f"{ID}{number}", realm="network", user_id=f"{ID}{number}", state=state,
            storage_name=exports[state].name, requested_at=now(), expires_at=now() + timedelta(days=6), due_at=now(),
            attempts=0)
    try:
        assert told("media") == (WARN, "1 stored files belong to no upload and no export")
        run("doctor", "--fix", "--yes")
        assert [state for state, file in exports.items() if file.exists()] == [WAITING, READY, FAILED]
        assert not stray.exists()
        assert told("media")[0] == OK
    finally:
        for file in exports.values():
            file.unlink(missing_ok=True)


def test_an_ended_order_that_still_holds_units_is_told(only: Callable[[str], None], market: Market) -> None:
    only("books")
    order = market.ordered()
    long_ago = now() - timedelta(hours=1)
    for status, payable_until in (("REFUNDED", now()), ("CANCELLED", None), ("CANCELLED", long_ago)):
        change_order(order["id"], status=status, payable_until=payable_until, updated_at=now())
        assert told("books")[0] == OK  # the job that gives units back has a few minutes
        change_order(order["id"], updated_at=long_ago)
        assert told("books") == (FAIL, "1 differences, `flask payments status` lists them; the first: "
                                       f"order {order['id']} has ended but still holds units")
    change_order(order["id"], payable_until=now() + timedelta(hours=1), updated_at=long_ago)
    assert told("books")[0] == OK  # it may still be paid


def test_money_that_is_due_by_the_order_and_not_by_the_ledger_is_told(
        only: Callable[[str], None], market: Market) -> None:
    only("books")
    paid, cancelled = market.paid(), market.paid()
    assert market.ben.delete(f"{ORDERS}/ordermanagementorders/{cancelled['id']}").status_code == 200
    assert told("books")[0] == OK
    change_order(paid["id"], refund_due=500)
    assert f"order {paid['id']}: 500 are written down as due, the ledger has 0" in told("books")[1]
    change_order(paid["id"], refund_due=0)
    change_order(cancelled["id"], refund_due=0)
    assert f"order {cancelled['id']}: 0 are written down as due, the ledger has 10500" in told("books")[1]


def test_a_won_auction_that_two_orders_hold_is_told(only: Callable[[str], None], market: Market) -> None:
    only("auction orders")
    auction, sold_twice = market.auctioned(), market.listed()
    market.bid(market.ben, auction, 20)
    close_auction(system_actor("marketplace"), auction, early=True)
    market.ordered(auction)
    market.ordered(sold_twice)
    other = market.ordered(sold_twice, buyer=market.cleo)
    assert told("auction orders")[0] == OK
    write("marketplace", lambda work: work.execute(update(OrderItem).where(OrderItem.order_id == other["id"]).values(
        product_id=auction).execution_options(synchronize_session=False)))
    assert told("auction orders") == (FAIL, f"auction {auction} is held by 2 orders")


def test_premium_that_is_paid_by_no_payment_or_by_two_is_told(only: Callable[[str], None]) -> None:
    only("premium")
    premium(1, starts=0)
    assert "paid by no payment" in told("premium")[1]
    paid_premium(1)
    assert told("premium")[0] != FAIL
    paid_premium(1, number=2)
    assert "is paid by 2 payments" in told("premium")[1]


def test_premium_of_one_person_that_counts_twice_at_a_time_is_told(only: Callable[[str], None]) -> None:
    only("premium")
    for number, starts in enumerate((0, 30, 59)):
        premium(number, starts=starts)
        paid_premium(number)
    assert told("premium") == (FAIL, "1 differences (flask payments status --realm network); the first: "
                                     f"orders {ID}1 and {ID}2 count at the same time")


def test_premium_at_no_price_that_can_be_charged_is_told(
        only: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    only("premium")
    monkeypatch.setattr(runtime(), "settings", replace(runtime().settings, premium_price="10.001"))
    state, says = told("premium")
    assert (state, says.startswith("PREMIUM_PRICE, PREMIUM_CURRENCY: ")) == (FAIL, True)


def change_order(order_id: str, **values: Any) -> None:
    write("marketplace", lambda work: work.execute(update(Order).where(Order.id == order_id).values(
        values).execution_options(synchronize_session=False)))


def premium(number: int, *, starts: int) -> None:
    """Add an order of premium for 30 days that says it is paid; it counts from so many days on."""
    start = now() + timedelta(days=starts)
    write("network", lambda work: work.insert(Premiumsubscription(
        id=f"{ID}{number}", profile_id=f"{ID}8", user_id=f"{ID}9", currency="USD", price=1000, status="completed",
        days=30, priced_at=now(), paid_at=now(), payment_confirmation="paid", period_start=start,
        period_end=start + timedelta(days=30))))


def paid_premium(order: int, number: int = 1) -> None:
    """Add a payment of that order that succeeded."""
    add("network", PaymentAttempt, id=f"{ID[:-1]}{order}{number}", checkout=PREMIUM.name, order_id=f"{ID}{order}",
        number=number, method_id="pm_1", keeps_card=False, amount=1000, currency="USD", description="premium",
        state=SUCCESS, started_at=now())


def test_a_mend_that_fails_keeps_no_other_from_being_made(
        run: Run, only: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_operator: str) -> int:
        raise RuntimeError("no")

    only("company tallies")
    a_wrong_tally_of_a_company()
    monkeypatch.setitem(runtime().part(ServiceChecks), "another", lambda: ("fail", "wrong"))
    monkeypatch.setitem(runtime().part(ServiceMends), "another", Mend("tries", broken))
    rows = {row["check"]: row for row in json.loads(run("doctor", "--fix", "--yes", "--json").stdout)["mended"]}
    assert rows["another"]["error"] == "RuntimeError: no"
    assert rows["company tallies"]["mended"] == 1


def test_a_dry_run_without_fix_is_wrong_usage(run: Run) -> None:
    assert run("doctor", "--dry-run").exit_code == 2
    assert run("doctor", "--yes").exit_code == 2


def test_the_home_is_closed_to_others_alone(run: Run, only: Callable[[str], None]) -> None:
    only("instance folder")
    runtime().settings.home.chmod(0o755)
    run("doctor", "--fix", "--yes")
    assert stat.S_IMODE(runtime().settings.home.stat().st_mode) == 0o700


def test_a_link_is_not_followed_when_files_are_closed(
        run: Run, only: Callable[[str], None], tmp_path: Path) -> None:
    only("owners and modes")
    outside, link = tmp_path / "outside", runtime().settings.home / "a-link"
    outside.touch()
    outside.chmod(0o644)
    a_file_that_others_read()
    link.symlink_to(outside)
    try:
        run("doctor", "--fix", "--yes")
    finally:
        link.unlink()
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644
    assert stat.S_IMODE((runtime().settings.home / "a-note").stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone gives files away")
def test_root_takes_back_what_is_another_users_in_its_own_home(run: Run, only: Callable[[str], None]) -> None:
    only("owners and modes")
    home, stranger = runtime().settings.home, pwd.getpwnam("daemon")
    a_file_that_others_read()
    with_two_names, other_name = home / "with-two-names", home.parent / "other-name"
    with_two_names.touch(mode=0o600)
    other_name.hardlink_to(with_two_names)
    for file in (home / "a-note", with_two_names):
        os.chown(file, stranger.pw_uid, stranger.pw_gid)
    try:
        run("doctor", "--fix", "--yes")
        taken, left = (home / "a-note").stat(), other_name.stat()
        assert (taken.st_uid, stat.S_IMODE(taken.st_mode), left.st_uid) == (0, 0o600, stranger.pw_uid)
    finally:
        with_two_names.unlink()
        other_name.unlink()


def test_what_is_gone_before_it_is_closed_hinders_nothing(
        only: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    only("owners and modes")
    a_file_that_others_read()
    home, found = runtime().settings.home, mend_module.stored_files

    def with_one_that_goes(settings: Settings) -> Iterator[tuple[str, os.stat_result]]:
        gone = home / "gone"
        gone.touch()
        gone.chmod(0o644)
        facts = gone.lstat()
        gone.unlink()
        yield str(gone), facts
        yield from found(settings)

    monkeypatch.setattr(mend_module, "stored_files", with_one_that_goes)
    assert mend_of("owners and modes") == 1
    assert stat.S_IMODE((home / "a-note").stat().st_mode) == 0o600


@pytest.mark.parametrize("planted", ["ab/picture", "ab"])
def test_what_became_a_link_since_it_was_looked_at_is_not_closed(
        only: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, planted: str) -> None:
    """Who may write in an open media folder puts a link in the place of a file, or of its folder."""
    only("owners and modes")
    outside, place = tmp_path / "outside" / Path("ab/picture").relative_to(planted), runtime().settings.home / "planted"
    outside.parent.mkdir(parents=True, exist_ok=True)
    outside.touch()
    outside.chmod(0o644)
    (place / planted).parent.mkdir(parents=True)
    (place / planted).symlink_to(tmp_path / "outside")
    monkeypatch.setattr(mend_module, "stored_files", lambda _: [(str(place / "ab/picture"), outside.lstat())])
    try:
        assert mend_of("owners and modes") == 0
        assert stat.S_IMODE(outside.stat().st_mode) == 0o644
    finally:
        shutil.rmtree(place)


def mend_of(name: str) -> int:
    """Mend what this check finds; returns how many."""
    mend = mends()[name]
    assert isinstance(mend, Mend)
    return mend.run("root")

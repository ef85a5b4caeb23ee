"""The copies of the views: a view shows what the function shows, whatever has changed since they were made (decision
121). tests/contract/test_views_of_everybody.py asks the same of the small worlds, over HTTP."""
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from app.actor import Actor, system_actor
from app.clock import moved_clock, now
from app.data.connections import writing_engine
from app.data.entity import Entity
from app.data.ids import uuid7
from app.data.reads import fetch
from app.data.reads.read_request import ReadRequest
from app.data.unit_of_work import unit_of_work
from app.data.version_keys import version_key
from app.data.visibility import read_objects
from app.jobs.worker import run_job
from app.runtime import runtime
from blueprints.marketplace.auction_offer.models import Bid, Offer
from blueprints.marketplace.feedback.models import Feedback
from blueprints.marketplace.product_listing.models import Product
from blueprints.network.content.models import Post
from blueprints.network.job_application.models import JobApplication, JobPosting
from blueprints.network.profile.models import Profile
from blueprints.platform.auth.commands import archive_profile, purge_archived
from blueprints.platform.auth.models import account_model
from blueprints.platform.bff import comparing, subscribers
from blueprints.platform.bff import stored_views as stored_views_module
from blueprints.platform.bff.models import StoredView, StoredViewPart
from blueprints.platform.bff.queries import list_rows_of
from blueprints.platform.bff.rules import ListRequest
from blueprints.platform.bff.service import SERVICE
from blueprints.platform.bff.stored_views import (
    documents_of,
    forget,
    keep,
    kept_targets,
    refresh,
    remove,
    stored_views,
)
from blueprints.platform.bff.views import views_of
from blueprints.platform.people.models import Block
from cli.index import index
from tests import passes
from tests.platform.bff.drawn import ROWS, Drawn
from tests.platform.bff.rows import keep as keep_rows
from tests.platform.bff.rows import row_of

pytestmark = pytest.mark.both("copies are written and proved by the SQL of both databases")
_DRAWN = settings(max_examples=passes.examples(4), deadline=None, phases=(Phase.generate,),
                  suppress_health_check=list(HealthCheck), derandomize=True)
CHANGES = 12
VIEW, NAME = "BidNotificationView", "auctionOfferBid"


def shown(actor: Actor, index: str, ids: Sequence[str]) -> list[Any]:
    """Return the rows of a list as they leave the server."""
    found = list_rows_of(actor, index, ListRequest(limit=100), {"id": {"operator": "eq", "values": list(ids)}},
                         ReadRequest())
    rows: list[Any] = orjson.loads(orjson.dumps(found.rows))
    return rows


def documents(realm: str, view: str = VIEW) -> dict[str, Any]:
    """Return id of the row → document of what is kept of a view."""
    rows = fetch(select(StoredView.object_id, StoredView.document).where(
        StoredView.realm == realm, StoredView.view == view))
    return {row.object_id: orjson.loads(row.document) for row in rows}


def parts_kept(realm: str, view: str = VIEW) -> list[tuple[str, str, str]]:
    """Return which parts are said to be shown by the documents of a view: id of the row, kind and id of the part."""
    return sorted(tuple(row) for row in fetch(select(
        StoredViewPart.object_id, StoredViewPart.part, StoredViewPart.part_id).where(
        StoredViewPart.realm == realm, StoredViewPart.view == view)))


def change(model: type[Entity], id_: str, **values: Any) -> None:
    """Change a row as commands do, in a new version, but without an event; what a unique index refuses is not done."""
    try:
        with writing_engine().begin() as connection:
            connection.execute(update(model.__table__).where(model.__table__.c.id == id_).values(
                record_version=model.__table__.c.record_version + 1, **values))
    except IntegrityError:
        return
    runtime().cache_versions.invalidate(version_key(model), "rows:user")


def concerned(realm: str) -> list[str]:
    """Return the objects whose rows views show, and those that they point at."""
    models = stored_views(realm).values()
    return sorted({target.object for model in models for target in kept_targets(model).values()}
                  | {model.__object__ for model in models})


def change_something(realm: str, world: Drawn, actors: Sequence[Actor], random: Random) -> None:
    """Change, hide, hold, delete or restore one row of any kind, rename somebody, or let one person block another."""
    kind, one = random.random(), read_objects().get(realm, random.choice(concerned(realm)))
    if kind < 0.15:
        change(account_model(realm), random.choice(world.persons), fullname=f"Somebody {random.random()}")
    elif kind < 0.25:
        blocker, blocked = random.sample(world.persons, 2)
        with writing_engine().begin() as connection:
            connection.execute(delete(Block.__table__))
        keep_rows(Block, *([{"realm": realm, "blocker_id": blocker, "blocked_id": blocked}] * (random.random() < 0.7)))
    elif one.name != "user":
        columns, values = one.model.__table__.columns, world._values(one.model)
        names = ["held"] if kind < 0.35 and "held" in columns else ["is_active"] if kind < 0.5 else [
            *values.keys() - {"is_active", "held"}]
        chosen = {name: random.choice((None, "HIDDEN", "REMOVED")) if name == "held" else values[name]
                  for name in names}
        change(one.model, random.choice(world.ids(one.name)), **chosen)


@_DRAWN
@given(seed=st.integers(0, 2 ** 32))
def test_a_view_shows_what_the_function_shows_whatever_has_changed_since(realm: str, people: Any, seed: int) -> None:
    actors = [people.user("ben").actor, people.user("cleo").actor, people.admin("ada").actor,
              people.super_admin().actor]
    random = Random(seed)
    world = Drawn(realm, [one for of, one in read_objects() if of == realm],
                  [str(actor.user_id) for actor in actors], random)
    for _ in range(2):
        for view in stored_views(realm):
            refresh(realm, view, random.sample(list(world.ids(views_of(realm)[view])), ROWS - 2))
        for _ in range(CHANGES):
            change_something(realm, world, actors, random)
        for view, name in views_of(realm).items():
            for actor in actors:
                ids = world.ids(name)
                assert shown(actor, view, ids) == shown(actor, name, ids), (view, actor.role, actor.user_id)
    for view in stored_views(realm):
        ids = list(world.ids(views_of(realm)[view]))
        refresh(realm, view, ids)
        made = documents_of(realm, view, ids)
        assert documents(realm, view) == {one.object_id: one.document for one in made}, view
        assert parts_kept(realm, view) == sorted((one.object_id, *part) for one in made for part in one.parts), view


def test_the_openapi_document_names_all_views(realm: str) -> None:
    assert all(view in SERVICE.description for view in views_of(realm))


@pytest.fixture
def auction(people: Any) -> tuple[str, list[str]]:
    """A listing, and bids of Ben for it."""
    seller, ben = people.user("sara"), people.user("ben")
    [listing] = keep_rows(Product, {"seller_id": seller.user_id, "owner": seller.user_id, "title": "Brass sextant",
                                    "type": "AUCTION"})
    bids = keep_rows(Bid, *({"product_id": listing, "user_id": ben.user_id, "owner": ben.user_id,
                             "status": "CANCELLED"} for _ in range(5)))
    refresh("marketplace", VIEW, bids)
    return listing, bids


of_the_marketplace = pytest.mark.parametrize("realm", ["marketplace"], indirect=True)


@of_the_marketplace
def test_what_a_copy_has_in_the_current_version_is_not_read_again(
        realm: str, people: Any, auction: tuple[str, list[str]]) -> None:
    _, bids = auction
    with unit_of_work(system_actor(realm)) as work:
        for id_, document in documents(realm).items():
            document["product"]["shown"]["title"] = "as it is kept"
            work.execute(update(StoredView).where(StoredView.object_id == id_).values(
                document=orjson.dumps(document).decode()))
        work.commit()
    ben = people.user("ben").actor
    assert {row["product"]["title"] for row in shown(ben, VIEW, bids)} == {"as it is kept"}
    assert {row["product"]["title"] for row in shown(ben, NAME, bids)} == {"Brass sextant"}


@of_the_marketplace
def test_a_page_costs_the_same_statements_however_many_rows_it_has_and_whatever_is_kept(
        realm: str, people: Any, auction: tuple[str, list[str]], count_statements: Callable[..., Any]) -> None:
    """The page, its documents and their marks; and one more for what is not kept, or is older."""
    listing, bids = auction
    ben, told = people.user("ben").actor, []
    shown(ben, VIEW, bids)  # people are remembered
    for ids in (bids[:1], bids):
        with count_statements() as sent:
            shown(ben, VIEW, ids)
        told.append(len(sent))
    assert told[0] == told[1]
    change(Product, listing, title="Tin sextant")
    shown(ben, NAME, bids)
    with count_statements() as sent:
        shown(ben, VIEW, bids)
    assert len(sent) == told[0] + 1


@of_the_marketplace
def test_an_older_copy_that_is_late_never_takes_the_place_of_a_newer_one(
        realm: str, auction: tuple[str, list[str]]) -> None:
    listing, bids = auction
    late = documents_of(realm, VIEW, bids)
    change(Product, listing, title="Tin sextant")
    refresh(realm, VIEW, bids)
    newer = documents(realm)
    with unit_of_work(system_actor(realm)) as work:
        keep(work, VIEW, late)
        work.commit()
    assert documents(realm) == newer
    assert {one["product"]["shown"]["title"] for one in newer.values()} == {"Tin sextant"}


@of_the_marketplace
def test_what_the_clock_changes_is_shown_as_it_is_now(realm: str, people: Any) -> None:
    """An offer that lapses is shown so before the job has written it down (AO11)."""
    ben = people.user("ben")
    own = {"buyer_id": ben.user_id, "seller_id": ben.user_id, "expires_at": now() + timedelta(hours=1)}
    [first] = keep_rows(Offer, own | {"status": "PENDING"})
    ids = keep_rows(Offer, own | {"status": "COUNTERED", "counter_offer_id": first})
    refresh(realm, "OfferNotificationView", ids)
    assert documents(realm, "OfferNotificationView")[ids[0]]["counterOffer"]["shown"]["status"] == "PENDING"
    with moved_clock(hours=2):
        assert [row["counterOffer"]["status"] for row in shown(ben.actor, "OfferNotificationView", ids)] == ["EXPIRED"]


@pytest.mark.parametrize("realm", ["network"], indirect=True)
def test_a_headline_is_shown_as_it_is_now(realm: str, people: Any) -> None:
    """It stands in the brief of a person, whose own version does not count it (NET-32)."""
    ben = people.user("ben")
    [profile] = keep_rows(Profile, {"user_id": ben.user_id, "owner": ben.user_id, "headline": "Navigator"})
    posts = keep_rows(Post, {"author_user_id": ben.user_id, "owner": ben.user_id})
    refresh(realm, "postdetailview", posts)
    for values, headline in (({"headline": "Pilot"}, "Pilot"), ({"profile_visibility": "private"}, None)):
        change(Profile, profile, **values)
        assert [row["author"]["headline"] for row in shown(ben.actor, "postdetailview", posts)] == [headline]


@of_the_marketplace
def test_a_row_that_is_gone_keeps_no_copy(realm: str, auction: tuple[str, list[str]]) -> None:
    _, bids = auction
    change(Bid, bids[0], is_active=False)
    refresh(realm, VIEW, bids)
    assert documents(realm).keys() == set(bids[1:])
    assert not fetch(select(StoredViewPart.part_id).where(StoredViewPart.object_id == bids[0]))


@of_the_marketplace
def test_copies_of_rows_that_are_gone_are_removed_before_others_are_locked(
        realm: str, auction: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """In one transaction with the others the order of locks would not be that of ids, and erasures would deadlock."""
    _, bids = auction
    change(Bid, bids[-1], is_active=False)
    seen = []

    def noted(*of: Any) -> None:
        with writing_engine().connect() as another:
            seen.append(set(another.scalars(select(StoredView.object_id).where(StoredView.view == VIEW))))
        keep(*of)

    monkeypatch.setattr(stored_views_module, "keep", noted)
    refresh(realm, VIEW, bids)
    assert seen == [set(bids[:-1])]


@of_the_marketplace
def test_of_a_listing_with_many_bids_only_the_newest_follow_a_change(
        realm: str, auction: tuple[str, list[str]], settle: Callable[[], None], monkeypatch: pytest.MonkeyPatch
        ) -> None:
    listing, bids = auction
    monkeypatch.setattr(subscribers, "MOST_FOLLOWED", 2)
    with unit_of_work(system_actor(realm)) as work:
        work.change(work.lock(Product, listing), title="Tin sextant")
        work.commit()
    settle()
    titles = {id_: document["product"]["shown"]["title"] for id_, document in documents(realm).items()}
    assert titles == dict.fromkeys(bids, "Brass sextant") | dict.fromkeys(sorted(bids)[-2:], "Tin sextant")


@of_the_marketplace
def test_a_change_of_a_part_writes_documents_and_not_which_parts_they_show(
        realm: str, auction: tuple[str, list[str]], count_statements: Callable[..., Any]) -> None:
    """So does each bid: the listing is changed, and all bids for it show the same listing as before."""
    listing, bids = auction
    change(Product, listing, title="Tin sextant")
    with count_statements() as sent:
        refresh(realm, VIEW, bids)
    assert [one.split()[0] for one in sent if "stored_view_part" in one] == ["SELECT"]
    [other] = keep_rows(Product, {"title": "Brass octant"})
    change(Bid, bids[0], product_id=other)
    refresh(realm, VIEW, bids)
    assert [id_ for id_, _, part_id in parts_kept(realm) if part_id == other] == bids[:1]
    assert [id_ for id_, _, part_id in parts_kept(realm) if part_id == listing] == sorted(bids[1:])


@of_the_marketplace
def test_a_copy_is_made_of_a_new_row_by_its_event(
        realm: str, people: Any, auction: tuple[str, list[str]], settle: Callable[[], None]) -> None:
    listing, _ = auction
    cleo = people.user("cleo")
    with unit_of_work(cleo.actor) as work:
        made = work.insert(Feedback(**row_of(
            Feedback, buyer_id=cleo.user_id, seller_id=cleo.user_id, product_id=listing, record_version=None)))
        work.commit()
    settle()
    [document] = documents(realm, "FeedbackNotificationView").values()
    assert document["product"]["shown"]["title"] == "Brass sextant"
    assert document["buyer"]["shown"]["fullname"] == document["seller"]["shown"]["fullname"]
    assert made.id in documents(realm, "FeedbackNotificationView")


def test_erasing_somebody_removes_each_copy_that_shows_him_in_the_same_transaction(
        realm: str, people: Any) -> None:
    gone, other = people.user("gone"), people.user("other")
    for view, model in stored_views(realm).items():
        places = [name for name in ("user_id", "buyer_id", "from_user_id", "applicant_user_id", "author_user_id",
                                    "posted_by_user_id") if name in model.__table__.columns]
        given = [dict.fromkeys(places, one.user_id) if places else {"participant_ids": [one.user_id]}
                 for one in (gone, other)]
        refresh(realm, view, keep_rows(model, *given))
        assert len(documents(realm, view)) == 2, view
    archive_profile(gone.actor, gone.user_id)
    with moved_clock(days=40):
        assert purge_archived(realm) == 1
    for view in stored_views(realm):
        [left] = documents(realm, view).values()
        assert other.user_id in str(left), view
    assert not fetch(select(StoredViewPart.object_id).where(StoredViewPart.part_id == gone.user_id))


@pytest.mark.parametrize("realm", ["network"], indirect=True)
def test_erasing_somebody_removes_what_he_wrote_where_it_is_shown_by_rows_of_others(realm: str, people: Any) -> None:
    """The application for his posting names him nowhere, and the posting itself is in no document."""
    gone, other = people.user("gone"), people.user("other")
    [posting] = keep_rows(JobPosting, {"posted_by_user_id": gone.user_id, "company_id": None, "title": "Pilot"})
    view = "jobapplicationdetailview"
    refresh(realm, view, keep_rows(JobApplication, *(
        {"job_posting_id": one, "applicant_user_id": other.user_id} for one in (posting, uuid7()))))
    assert len(documents(realm, view)) == 2
    with unit_of_work(system_actor(realm)) as work:
        forget(work, gone.user_id)
        work.commit()
    [left] = documents(realm, view).values()
    assert left["posting"]["id"] != posting


@of_the_marketplace
def test_an_erasure_walks_ranges_of_an_index_and_never_all_documents(
        realm: str, people: Any, auction: tuple[str, list[str]], count_statements: Callable[..., Any]) -> None:
    with unit_of_work(system_actor(realm)) as work, count_statements() as sent:
        forget(work, people.user("ben").user_id)
        work.commit()
    asked = [one for one in sent if "stored_view" in one]
    assert not documents(realm)
    assert len(asked) == 4, asked  # which documents; their locks; both tables
    if runtime().settings.is_sqlite:
        with writing_engine().connect() as connection:
            steps = [str(row[-1]) for one in asked for row in connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {one}", tuple("x" * one.count("?")))]
        assert not [one for one in steps if one.endswith("(realm=?)") or one.startswith("SCAN stored")]


def keep_wrongly(realm: str, id_: str, title: str = "what nobody wrote") -> None:
    """Let a copy say of its product what the product never said, in its current version."""
    document = documents(realm)[id_]
    document["product"]["shown"]["title"] = title
    with writing_engine().begin() as connection:
        connection.execute(update(StoredView).where(StoredView.object_id == id_).values(
            document=orjson.dumps(document).decode()))


@of_the_marketplace
def test_the_nightly_comparison_mends_what_differs_and_finds_nothing_the_night_after(
        realm: str, auction: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    listing, bids = auction
    monkeypatch.setattr(comparing, "AT_ONCE", 2)
    keep_wrongly(realm, bids[0])
    change(Bid, bids[1], is_active=False)
    with unit_of_work(system_actor(realm)) as work:
        remove(work, VIEW, [bids[2]])
        work.commit()
    change(Bid, bids[3], bid_amount=7)
    assert comparing.compare(realm, VIEW, mends=False) == {
        "rows": 5, "missing": 1, "older": 1, "surplus": 1, "wrong": 1}
    assert run_job(comparing.COMPARE) == "5 copies compared; mended: 1 missing, 1 older, 1 surplus, 1 wrong"
    assert documents(realm) == {one.object_id: one.document for one in documents_of(realm, VIEW, bids)}
    change(Product, listing, title="Tin sextant")
    assert run_job(comparing.COMPARE) == "4 copies compared; mended: 4 older"
    assert run_job(comparing.COMPARE) == "4 copies compared; mended: none"


@of_the_marketplace
def test_the_doctor_tells_what_is_wrong_and_not_what_is_late(
        realm: str, auction: tuple[str, list[str]], settle: Callable[[], None]) -> None:
    listing, bids = auction
    settle()
    change(Product, listing, title="Tin sextant")
    keep_rows(Bid, {"product_id": listing, "status": "CANCELLED"})
    assert comparing.check_views() == ("ok", "of the newest 6 rows 1 have no copy yet, 5 an older one")
    comparing.compare(realm, VIEW, mends=True)
    keep_wrongly(realm, bids[0])
    assert comparing.check_views() == ("warn", "1 of the newest 6 copies of views are not what the rows say")
    assert comparing.mend_views("ada") == 1
    assert comparing.check_views()[0] == "ok"


@of_the_marketplace
def test_the_terminal_shows_and_compares_the_copies(realm: str, auction: tuple[str, list[str]]) -> None:
    _, bids = auction
    keep_wrongly(realm, bids[0])
    call = CliRunner().invoke

    def figures(*words: str) -> Any:
        answer = call(index, [*words, "--json"])
        assert answer.exit_code == 0, answer.output
        return next(row for row in orjson.loads(answer.stdout) if row["view"] == VIEW)

    assert {**figures("views"), "refreshedAt": None} == {
        "view": VIEW, "realm": realm, "of": NAME, "rows": 5, "kept": 5, "refreshedAt": None}
    assert figures("compare-views", "--dry-run")["wrong"] == 1
    assert figures("compare-views", "--view", VIEW, "--yes")["wrong"] == 1
    assert figures("compare-views", "--yes")["wrong"] == 0
    assert call(index, ["compare-views", "--view", "nope", "--yes"]).exit_code == 2

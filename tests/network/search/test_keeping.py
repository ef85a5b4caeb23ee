"""How the indexes stay true: fed by events, written anew, compared at night, and answered for while they are away."""
import shutil
from dataclasses import replace

import pytest
from sqlalchemy import update

from app.clock import moved_clock
from app.data.unit_of_work import unit_of_work
from app.runtime import runtime
from app.search.catalogue import bring_up_to_date, declared_indexes, rebuild_index, reconcile_index, search_index
from blueprints.network.company.models import Company
from blueprints.network.content.index import POSTS
from blueprints.network.content.models import Post
from blueprints.network.search import subscribers
from blueprints.network.search.topics import ROWS_LEFT
from blueprints.platform.auth.commands import archive_profile, purge_archived
from tests.flow import settle
from tests.network.company.pages import ok
from tests.network.profile.cards import write
from tests.network.search.town import LISTS

pytestmark = pytest.mark.once("the rows an index is made of are read by tests that run on both")
ALL = list(LISTS)


def indexed(what):
    """Return what an index holds: ids and versions."""
    index = search_index(what)
    index.refresh()
    return dict(index.versions())


def lose(what):
    """Take an index away, as a broken disk does."""
    shutil.rmtree(runtime().settings.home / "search" / what)
    search_index(what).refresh()


@pytest.fixture
def full_town(town):
    """One of everything, of which some is not to be searched."""
    for what in ALL:
        town.one_of(what)
        settle()
    write(town.b, profileVisibility="private")
    town.wall.posted(companyId=town.acme["id"])
    ok(town.offers.change(town.a, town.offers.found(), pageVisibility="private"))
    ok(town.wall.delete(town.a, town.wall.posted()))
    ok(town.offers.edit(town.a, town.offers.offered(), title="Chief baker"))
    settle()
    return town


def test_an_index_written_anew_is_the_one_that_events_have_fed(full_town):
    fed = {what: indexed(what) for what in ALL}
    assert all(fed.values())
    for what in ALL:
        assert rebuild_index(what) == declared_indexes()[what].source.total() == len(fed[what])
        assert reconcile_index(what) == 0
    assert {what: indexed(what) for what in ALL} == fed


def test_while_an_index_is_away_the_newest_rows_answer_and_say_so(full_town):
    asked = [("people", {}), ("people", {"q": "ann"}), ("companies", {}), ("jobs", {"employmentType": "full_time"}),
             ("jobs", {"q": "bak", "companyName": "ACME"}), ("posts", {}), ("posts", {"q": "nothing"})]

    def answers():
        found = [ok(full_town.ask(full_town.c, what, caching="false", **said)) for what, said in asked]
        return [(sorted(row["id"] for row in one[one["dataName"]]), one["paging"]["totalRowCount"], one["facets"])
                for one in found], [one.get("degraded", False) for one in found]

    whole, degraded = answers()
    assert not any(degraded)
    for what in ALL:
        lose(what)
    assert answers() == (whole, [True] * len(asked))
    for what in ALL:
        rebuild_index(what)
    assert answers() == (whole, degraded)


def test_a_post_that_is_read_open_and_written_late_is_taken_out_again(town, monkeypatch):
    """Its page is closed between; the post has no new version, so only a second look tells."""
    post = town.wall.posted(companyId=town.acme["id"])
    settle()
    declared, closed = declared_indexes()["posts"], []

    def read_and_close(ids):
        found = POSTS.present(ids)
        if not closed:
            closed.append(True)
            ok(town.offers.change(town.a, town.acme, pageVisibility="private"))
            settle()
        return found

    monkeypatch.setitem(declared_indexes(), "posts", replace(declared, present=read_and_close))
    bring_up_to_date("posts", [post["id"]])
    assert post["id"] not in indexed("posts")


def test_a_page_with_very_many_rows_is_looked_at_again_some_at_a_time(town, sent, monkeypatch):
    """Each delivery begins the next one, so that nobody waits for all of them."""
    monkeypatch.setattr(subscribers, "AT_ONCE", 2)
    posts = {town.wall.posted(companyId=town.acme["id"])["id"] for _ in range(5)}
    settle()
    assert set(indexed("posts")) == posts
    for visibility, shown in (("private", set()), ("public", posts)):
        before = len(sent(ROWS_LEFT))
        ok(town.offers.change(town.a, town.acme, pageVisibility=visibility))
        settle()
        assert (set(indexed("posts")), len(sent(ROWS_LEFT)) - before) == (shown, 2)


def test_words_of_who_is_purged_while_an_index_is_away_do_not_wait_for_the_night(town):
    town.wall.posted(town.b)
    ours = town.wall.posted(companyId=town.acme["id"])
    settle()
    archive_profile(town.b.actor, town.b.user_id)
    with moved_clock(days=31):
        settle()
        lose("posts")
        purge_archived("network")
        settle()
        assert set(indexed("posts")) == {ours["id"]}


def test_the_night_mends_what_no_event_told_of(town):
    post, other = town.wall.posted(), town.wall.posted(companyId=town.acme["id"])
    settle()
    with unit_of_work(town.s.actor) as work:
        work.execute(update(Company).values(page_visibility="private"))
        work.execute(update(Post).where(Post.id == post["id"]).values(record_version=7, content="Rye"))
        work.commit()
    assert reconcile_index("posts") == 2
    assert indexed("posts") == {post["id"]: 7}
    with unit_of_work(town.s.actor) as work:
        work.execute(update(Company).values(page_visibility="public"))
        work.commit()
    assert reconcile_index("posts") == 1
    assert set(indexed("posts")) == {post["id"], other["id"]}

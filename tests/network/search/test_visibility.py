"""Search shows whom a list shows: to a stranger the same public rows, in the page, the total and the facets."""
from datetime import timedelta

import pytest

from app.clock import moved_clock, now
from app.data.moderated_kinds import ModeratedKinds
from app.runtime import runtime
from blueprints.platform.auth.commands import archive_profile, lock_user, purge_archived
from tests.flow import settle
from tests.network.company.pages import ok
from tests.network.profile.cards import PROFILES, change, connect, write
from tests.network.search.town import KINDS, LISTS

ALL = list(LISTS)
VISIBILITY = {"people": "profileVisibility", "companies": "pageVisibility", "jobs": "visibility", "posts": "visibility"}


def edit(town, what, row, **values):
    """Change a row as its owner."""
    ok(town.a.patch(f"{LISTS[what]}/{row['id']}", json=values))


def restore(town, what, row):
    """Bring a deleted row back, as staff do."""
    assert runtime().part(ModeratedKinds)["network", KINDS[what]].restore(town.s.actor, row["id"])


def is_found(town, what, row, caller=None):
    """Return whether a stranger finds the row; he finds what his list shows, and facets count no more."""
    caller = caller or town.c
    ids = town.ids(caller, what)
    assert set(ids) == set(town.listed(caller, what))
    for counts in town.found(caller, what)["facets"].values():
        assert all(0 < times <= len(ids) for times in counts.values())
    return row["id"] in ids


@pytest.mark.parametrize("what", ALL)
def test_what_is_made_private_is_gone_and_back_when_it_is_public(town, what):
    row = town.one_of(what)
    assert is_found(town, what, row)
    edit(town, what, row, **{VISIBILITY[what]: "private"})
    assert not is_found(town, what, row)
    assert row["id"] not in town.ids(town.a, what)  # its owner has it in the list
    edit(town, what, row, **{VISIBILITY[what]: "public"})
    assert is_found(town, what, row)


@pytest.mark.parametrize("what", ALL)
def test_what_is_held_or_deleted_is_gone_until_it_is_back(town, what):
    row = town.one_of(what)
    for kind in ("HIDE", "REMOVE"):
        assert is_found(town, what, row)
        town.act(what, row, kind)
        assert not is_found(town, what, row)
        town.act(what, row, "SHOW_AGAIN")
    ok(town.a.delete(f"{LISTS[what]}/{row['id']}"))
    assert not is_found(town, what, row)
    restore(town, what, row)
    assert is_found(town, what, row)


@pytest.mark.parametrize("what", ["people", "jobs", "posts"])
def test_net_7_a_block_hides_people_from_each_other_and_from_nobody_else(town, what):
    row = town.one_of(what)
    assert is_found(town, what, row)
    town.block(town.a, town.c)
    town.block(town.d, town.a)
    assert not is_found(town, what, row)
    assert not is_found(town, what, row, town.d)
    assert is_found(town, what, row, town.b)
    assert row["id"] in town.ids(town.s, what)


@pytest.mark.once("the same condition as above")
def test_net_7_a_company_is_heard_by_whom_its_author_has_blocked(town):
    rows = {"companies": town.acme, "jobs": town.offers.offered(), "posts": town.wall.posted(companyId=town.acme["id"])}
    town.block(town.a, town.c)
    for what, row in rows.items():
        assert is_found(town, what, row)


@pytest.mark.parametrize("what", ["people", "jobs", "posts"])
def test_net_8_the_rows_of_who_is_at_rest_are_gone_until_they_return(town, what):
    row = town.one_of(what)
    assert is_found(town, what, row)
    lock_user(town.s.actor, town.a.user_id, now() + timedelta(days=1))
    assert not is_found(town, what, row)
    lock_user(town.s.actor, town.a.user_id, None)
    assert is_found(town, what, row)


def test_whoever_is_gone_for_good_leaves_nothing_to_be_found(town):
    for what in ("people", "jobs", "posts"):
        town.one_of(what)
    of_page = [town.wall.posted(companyId=town.acme["id"]), town.offers.offered()]
    settle()
    archive_profile(town.a.actor, town.a.user_id)
    settle()
    with moved_clock(days=31):
        purge_archived("network")
        settle()
        eve = town.callers.user("eve", realm="network")
        for what, left in (("people", []), ("jobs", of_page[1:]), ("posts", of_page[:1])):
            assert town.ids(eve, what) == town.listed(eve, what) == [row["id"] for row in left]
        assert town.a.user_id not in town.found(eve, "posts")["facets"]["authorUserId"]
        assert town.ids(eve, "posts", authorUserId=town.a.user_id) == []


def test_what_is_a_company_s_goes_and_comes_with_its_page(town):
    """A page that is closed takes its posts along (NET-11), one that is held its jobs too; none of them changes."""
    post, job = town.wall.posted(companyId=town.acme["id"]), town.offers.offered()

    def found() -> tuple[bool, bool, bool]:
        return (is_found(town, "companies", town.acme), is_found(town, "jobs", job), is_found(town, "posts", post))

    assert found() == (True, True, True)
    edit(town, "companies", town.acme, pageVisibility="private")
    assert found() == (False, True, False)
    edit(town, "companies", town.acme, pageVisibility="public")
    assert found() == (True, True, True)
    town.act("companies", town.acme, "HIDE")
    assert found() == (False, False, False)
    town.act("companies", town.acme, "SHOW_AGAIN")
    assert found() == (True, True, True)
    ok(town.a.delete(f"{LISTS['companies']}/{town.acme['id']}"))
    assert found() == (False, True, False)
    restore(town, "companies", town.acme)
    assert found()[::2] == (True, True)


@pytest.mark.once("the index holds public rows alone")
def test_a_connection_finds_what_is_public_and_has_the_rest_in_the_list(town):
    connect(town.a, town.c)
    near = town.one_of("people", profileVisibility="private", audience="connections")
    public = write(town.b)
    assert town.ids(town.c, "people") == [public["id"]]
    assert set(town.listed(town.c, "people")) == {near["id"], public["id"]}


@pytest.mark.once("the index decides")
def test_what_is_hidden_a_moment_ago_is_no_row_even_before_its_event_is_delivered(town):
    profile = town.one_of("people")
    assert is_found(town, "people", profile)
    change(town.a, profile, profileVisibility="private")
    assert ok(town.ask(town.c, "people"))["profiles"] == []


@pytest.mark.once("the index decides")
def test_a_renamed_person_is_found_by_the_new_name_alone(town):
    profile = town.one_of("people", fullName="Ann Berg")
    assert town.ids(town.c, "people", q="berg") == [profile["id"]]
    ok(town.a.patch(f"{PROFILES}/{profile['id']}", json={"fullName": "Ann Dahl", "location": "Oslo"}))
    assert town.ids(town.c, "people", q="berg") == []
    assert town.ids(town.c, "people", q="dahl", location="oslo") == [profile["id"]]


@pytest.mark.once("the index decides")
def test_a_renamed_company_renames_its_jobs_in_search(town):
    job = town.offers.offered()
    assert town.ids(town.c, "jobs", companyName="acme") == [job["id"]]
    edit(town, "companies", town.acme, name="Apex")
    assert town.ids(town.c, "jobs", companyName="acme") == []
    assert town.ids(town.c, "jobs", q="apex") == [job["id"]]
    assert town.found(town.c, "jobs")["facets"]["companyName"] == {"Apex": 1}
    assert town.ids(town.c, "companies", q="apex") == [town.acme["id"]]

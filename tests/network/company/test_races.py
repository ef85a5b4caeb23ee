"""Company pages at once: one wins, the other is refused with 400 or 403; counters equal a recount (issue 18)."""
from collections import Counter

import pytest

from blueprints.network.company import commands
from blueprints.network.company.counting import differences
from blueprints.network.company.orphans import orphaned_companies
from blueprints.network.company.queries import admins_of
from blueprints.platform.auth.commands import delete_user
from tests.concurrency.in_between import WRITTEN, meet, places
from tests.concurrency.test_bidding import together
from tests.network.company.pages import COMPANY, Pages, ok, refused

CLIENTS = 6


@pytest.fixture
def acme(pages: Pages):
    return pages.found(name="Acme")


@places(read=(commands, "lock_company"), locked=(commands, "inactive_among"))
def test_of_the_last_two_admins_who_leave_at_once_one_stays(app, monkeypatch, pages, acme, place):
    ok(pages.assign(pages.a, acme, pages.b), 201)
    first, second = (pages.right_of(person, acme) for person in (pages.a, pages.b))
    met = meet(app, monkeypatch, place, lambda: pages.remove(pages.a, first), lambda: pages.remove(pages.b, second))
    assert (met.winner.status_code, refused(met.loser)) == (200, (400, "LastCompanyAdmin"))
    assert admins_of(acme["id"]) == [(pages.b if met.rival_waited else pages.a).user_id]


def test_of_two_admins_who_remove_each_other_at_once_one_is_an_admin_no_more(app, monkeypatch, pages, acme):
    ok(pages.assign(pages.a, acme, pages.b), 201)
    first, second = (pages.right_of(person, acme) for person in (pages.a, pages.b))
    met = meet(app, monkeypatch, WRITTEN, lambda: pages.remove(pages.a, second), lambda: pages.remove(pages.b, first))
    assert (met.winner.status_code, met.loser.status_code) == (200, 403)
    assert admins_of(acme["id"]) == [pages.a.user_id]


@places(shared=(commands, "identifier_key"))
def test_of_two_pages_of_one_name_at_once_one_is_made(app, monkeypatch, pages, place):
    met = meet(app, monkeypatch, place, lambda: pages.a.post(f"{COMPANY}/companies", json={"name": "Globex"}),
               lambda: pages.b.post(f"{COMPANY}/companies", json={"name": "GLOBEX"}))
    assert (met.winner.status_code, refused(met.loser)) == (201, (400, "CompanyNameTaken"))
    assert pages.lists(pages.s, "companies") == [met.winner.json["company"]["id"]]
    assert len(pages.lists(pages.s, "companyadmins")) == 1


@places(read=(commands, "lock_company"))
def test_of_two_pages_that_take_one_name_at_once_one_has_it(app, monkeypatch, pages, acme, place):
    other = pages.found(pages.b, name="Other")
    met = meet(app, monkeypatch, place, lambda: pages.change(pages.a, acme, name="Globex"),
               lambda: pages.change(pages.b, other, name="GLOBEX"))
    assert (met.winner.status_code, refused(met.loser)) == (200, (400, "CompanyNameTaken"))
    assert len(pages.lists(pages.s, "companies", name="globex")) == 1


def test_of_many_pages_of_one_name_at_once_one_is_made(app, pages, callers):
    founders = [callers.user(f"founder{number}", realm="network") for number in range(CLIENTS)]
    answers = together(app, *(lambda founder=founder: founder.post(f"{COMPANY}/companies", json={"name": "Globex"})
                              for founder in founders))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 400: CLIENTS - 1}
    assert len(pages.lists(pages.s, "companies")) == 1


def test_who_follows_twice_at_once_follows_once(app, monkeypatch, pages, acme):
    met = meet(app, monkeypatch, WRITTEN, lambda: pages.follow(pages.c, acme), lambda: pages.follow(pages.c, acme))
    assert (met.winner.status_code, refused(met.loser)) == (201, (400, "AlreadyFollowing"))
    assert (pages.counts(acme), differences(10)) == ((1, 0), [])


def test_who_is_made_an_admin_twice_at_once_is_one(app, monkeypatch, pages, acme):
    met = meet(app, monkeypatch, WRITTEN, lambda: pages.assign(pages.a, acme, pages.b),
               lambda: pages.assign(pages.s, acme, pages.b))
    assert (met.winner.status_code, refused(met.loser)) == (201, (400, "CompanyAdminExists"))
    assert admins_of(acme["id"]) == [pages.a.user_id, pages.b.user_id]


def test_whoever_follows_and_leaves_at_once_the_count_is_a_recount(app, pages, acme, callers):
    people = [callers.user(f"fan{number}", realm="network") for number in range(CLIENTS)]
    rows = [pages.followed(person, acme) for person in people[:3]]
    answers = together(
        app, *(lambda person=person: pages.follow(person, acme) for person in people[3:]),
        *(lambda person=person, row=row: pages.unfollow(person, row)
          for person, row in zip(people, rows, strict=False)), lambda: pages.unfollow(people[0], rows[0]),
        *(lambda: pages.publish(pages.a, acme),) * 2)
    assert Counter(answer.status_code for answer in answers) == {201: 5, 200: 3, 404: 1}
    assert (pages.counts(acme), differences(10)) == ((3, 2), [])


@pytest.mark.parametrize("is_first", [True, False])
def test_an_approval_against_a_withdrawal_leaves_true_counters(app, monkeypatch, pages, is_first):
    secret = pages.found(pageVisibility="private")
    row = pages.followed(pages.c, secret)
    both = (lambda: pages.approve(pages.a, row), lambda: pages.unfollow(pages.c, row))
    met = meet(app, monkeypatch, WRITTEN, *(both if is_first else both[::-1]))
    assert {met.first.status_code, met.rival.status_code} == ({200} if is_first else {200, 404})
    assert (pages.counts(secret), differences(10)) == ((0, 0), [])


@pytest.mark.parametrize("is_first", [True, False])
def test_a_page_that_is_deleted_while_it_publishes_publishes_nothing_after(app, monkeypatch, pages, acme, is_first):
    both = (lambda: pages.a.delete(f"{COMPANY}/companies/{acme['id']}"), lambda: pages.publish(pages.a, acme))
    met = meet(app, monkeypatch, WRITTEN, *(both if is_first else both[::-1]))
    assert met.rival_waited
    assert (met.first.status_code, met.rival.status_code) == ((200, 404) if is_first else (201, 200))
    assert differences(10) == []


@pytest.mark.parametrize("is_first", [True, False])
def test_who_is_made_an_admin_while_the_account_ends_leaves_no_orphan_unseen(
        app, monkeypatch, pages, acme, settle, is_first):
    both = (lambda: pages.assign(pages.a, acme, pages.b).status_code,
            lambda: delete_user(pages.s.actor, pages.b.user_id) and 200)
    met = meet(app, monkeypatch, WRITTEN, *(both if is_first else both[::-1]))
    assert met.rival_waited
    assert (met.first, met.rival) == ((201, 200) if is_first else (200, 404))
    settle()
    assert orphaned_companies(10) == []
    delete_user(pages.s.actor, pages.a.user_id)
    settle()
    assert [row["id"] for row in orphaned_companies(10)] == [acme["id"]]

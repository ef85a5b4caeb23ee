"""Jobs at once: of two applications one is made, and what is decided meanwhile is decided once (issue 18)."""
from collections import Counter

import pytest

from blueprints.network.job_application import applications
from blueprints.network.job_application.checks import check_rejections
from tests.concurrency.in_between import WRITTEN, meet, places
from tests.concurrency.together import together
from tests.network.company.pages import ok, refused
from tests.network.job_application.offers import Offers


@pytest.fixture
def posting(offers: Offers):
    return offers.offered()


@places(before=(applications, "require_person"), shared=(applications, "_require_open"))
def test_of_two_applications_at_once_one_is_made(app, monkeypatch, offers, posting, place):
    met = meet(app, monkeypatch, place, lambda: offers.apply(offers.d, posting),
               lambda: offers.apply(offers.d, posting))
    assert (met.winner.status_code, refused(met.loser)) == (201, (400, "AlreadyApplied"))
    assert offers.listed(offers.a, "jobapplications") == [met.winner.json["jobApplication"]["id"]]
    assert check_rejections()[0] == "ok"


def test_of_many_applications_at_once_one_is_made(app, offers, posting):
    answers = together(app, *(lambda: offers.apply(offers.d, posting),) * 6)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 400: 5}


@pytest.mark.parametrize("is_first", [True, False])
def test_an_application_that_is_withdrawn_is_not_decided_after(app, monkeypatch, offers, posting, is_first):
    row = offers.applied(offers.d, posting)
    both = (lambda: offers.withdraw(offers.d, row), lambda: offers.move(offers.a, row, status="rejected"))
    met = meet(app, monkeypatch, WRITTEN, *(both if is_first else both[::-1]))
    assert (met.first.status_code, met.rival.status_code) == ((200, 404) if is_first else (200, 200))
    again = offers.apply(offers.d, posting)
    assert again.status_code == (201 if is_first else 400)
    assert check_rejections()[0] == "ok"


@pytest.mark.parametrize("is_first", [True, False])
def test_a_posting_that_gets_its_first_application_does_not_change_companies(
        app, monkeypatch, offers, is_first):
    posting = offers.own(offers.a)
    both = (lambda: offers.apply(offers.d, posting),
            lambda: offers.edit(offers.a, posting, companyId=offers.acme["id"]))
    met = meet(app, monkeypatch, WRITTEN, *(both if is_first else both[::-1]))
    assert met.rival_waited
    assert (met.first.status_code, met.rival.status_code) == ((201, 400) if is_first else (200, 201))


def test_who_is_removed_while_he_decides_decides_before_or_not_at_all(app, monkeypatch, offers, posting):
    row, right = offers.applied(offers.d, posting), offers.right_of(offers.b, offers.acme)
    met = meet(app, monkeypatch, WRITTEN, lambda: offers.remove(offers.a, right),
               lambda: offers.move(offers.b, row, status="accepted"))
    assert (met.first.status_code, met.rival.status_code) == (200, 403)
    assert ok(offers.look(offers.d, row))["jobApplication"]["status"] == "submitted"

"""Scenarios 27–33 of rules-network §8, as network.md amends them."""
from datetime import timedelta

import pytest

from app.clock import moved_clock, now
from app.data.columns import iso
from app.data.ids import uuid7
from tests.network.company.pages import ok, refused
from tests.network.job_application.offers import Offers


@pytest.fixture
def posting(offers: Offers):
    return offers.offered(companyName="Acme")


def test_scenario_27_an_admin_offers_a_job_of_the_company(offers, posting):
    assert (posting["postedByUserId"], posting["workplaceType_idx"], posting["companyName"]) == (
        offers.a.user_id, 1, "Acme")
    assert offers.offer(offers.d).status_code == 403
    wrong = offers.offer(offers.a, employmentType="fulltime")
    assert (wrong.status_code, list(wrong.json["detail"])) == (400, ["employmentType"])


def test_scenario_28_a_private_posting_is_its_admins(offers, posting):
    ok(offers.shown(offers.d, posting))
    private = offers.offered(visibility="private")
    assert offers.shown(offers.d, private).status_code == offers.apply(offers.d, private).status_code == 403
    assert offers.listed(offers.d) == [posting["id"]]
    ok(offers.shown(offers.b, private))
    assert offers.listed(offers.b) == [posting["id"], private["id"]]


def test_scenario_29_one_applies_once_and_begins_as_submitted(offers, posting):
    row = offers.applied(offers.d, posting, status="accepted")
    assert (row["status"], row["applicantUserId"]) == ("submitted", offers.d.user_id)
    assert row["appliedAt"] == row["lastStatusUpdateAt"]
    assert refused(offers.apply(offers.d, posting)) == (400, "AlreadyApplied")


def test_scenario_30_behind_the_deadline_and_when_it_is_closed_nobody_applies(offers):
    late = offers.offered(applicationDeadline=iso(now() - timedelta(days=1)))
    assert refused(offers.apply(offers.d, late)) == (400, "DeadlinePassed")
    assert refused(offers.apply(offers.d, offers.offered(status="closed"))) == (400, "PostingClosed")
    assert offers.apply(offers.d, {"id": uuid7()}).status_code == 404


def test_scenario_31_an_application_is_its_applicants_and_the_admins(offers, posting):
    row = offers.applied(offers.d, posting)
    assert offers.look(offers.c, row).status_code == 403
    ok(offers.look(offers.d, row))
    ok(offers.look(offers.a, row))
    assert offers.listed(offers.a, "jobapplications", jobPostingId=posting["id"]) == [row["id"]]
    assert offers.listed(offers.c, "jobapplications", jobPostingId=posting["id"]) == []


def test_scenario_32_states_go_forward_and_the_applicant_only_words(offers, posting):
    row = offers.applied(offers.d, posting)
    assert offers.move(offers.d, row, status="accepted").status_code == 403
    edited = ok(offers.move(offers.d, row, coverLetter="I bake."))["jobApplication"]
    assert edited["lastStatusUpdateAt"] == row["lastStatusUpdateAt"]
    with moved_clock(minutes=1):
        reviewed = ok(offers.move(offers.a, row, status="in_review"))["jobApplication"]
    assert reviewed["lastStatusUpdateAt"] > reviewed["appliedAt"]
    assert refused(offers.move(offers.a, row, status="submitted")) == (400, "StatusNotForward")
    ok(offers.move(offers.a, row, status="accepted"))
    assert refused(offers.move(offers.a, row, status="rejected")) == (400, "StatusNotForward")


def test_scenario_33_who_withdraws_may_apply_again_and_a_co_admin_closes(offers, posting):
    row = offers.applied(offers.d, posting)
    assert ok(offers.withdraw(offers.d, row))["jobApplication"]["isActive"] is False
    offers.applied(offers.d, posting)
    closed = ok(offers.edit(offers.b, posting, status="closed"))["jobPosting"]
    assert (closed["status"], closed["postedByUserId"]) == ("closed", offers.a.user_id)

"""Postings and applications beyond the scenarios: NET-4, NET-7, NET-8, NET-11 to NET-13, NET-20 to NET-22, NET-31."""
from datetime import datetime, timedelta

import pytest

from app.actor import system_actor
from app.clock import moved_clock, now
from app.data.columns import iso
from app.data.person_rows import PersonTables, forget_person
from app.identity.bucket_tokens import private_bucket
from app.runtime import runtime
from blueprints.network.job_application.checks import check_rejections
from blueprints.network.job_application.deadlines import parse_deadline
from blueprints.network.job_application.rules import is_past
from blueprints.network.job_application.topics import APPLICATION_CREATED
from blueprints.platform.auth.commands import delete_user, lock_user
from blueprints.platform.bucket.commands import Upload, store_files
from tests.clients import ApiClient
from tests.documents import PDF
from tests.network.company.pages import COMPANY, ok, refused
from tests.network.job_application.offers import BAKER, JOBS, POSTINGS, Offers

MODERATION = "/network/adminmoderation-api/v1"


@pytest.fixture
def posting(offers: Offers):
    return offers.offered()


def block(one, other):
    ok(one.post("/network/people-api/v1/blocks", json={"userId": other.user_id}), 201)


def rest(offers, person):
    lock_user(offers.s.actor, person.user_id, now() + timedelta(minutes=5))


def act(staff, posting, kind):
    ok(staff.post(f"{MODERATION}/acts", json={"entityType": "JOB", "entityId": posting["id"], "kind": kind,
                                              "reason": "r"}), 201)


# --- who keeps a posting ---


def test_a_posting_names_a_company_or_a_company_name(offers):
    wrong = offers.c.post(POSTINGS, json=BAKER)
    assert (wrong.status_code, list(wrong.json["detail"])) == (400, ["companyName"])


def test_net_22_the_company_is_called_as_it_is_called(offers, settle):
    posting = offers.offered(companyName="Globex")
    assert posting["companyName"] == "Acme"
    assert ok(offers.edit(offers.a, posting, companyName="Globex"))["jobPosting"]["companyName"] == "Acme"
    ok(offers.change(offers.a, offers.acme, name="Acme Bakeries"))
    settle()
    assert ok(offers.shown(offers.d, posting))["jobPosting"]["companyName"] == "Acme Bakeries"
    assert offers.listed(offers.d, companyName="bakeries") == [posting["id"]]


def test_net_22_the_company_stays_from_the_first_application_on(offers):
    posting, other = offers.own(offers.a), offers.found(offers.c, name="Globex")
    assert offers.edit(offers.a, posting, companyId=other["id"]).status_code == 403
    moved = ok(offers.edit(offers.a, posting, companyId=offers.acme["id"]))["jobPosting"]
    assert moved["companyName"] == "Acme"
    ok(offers.assign(offers.c, other, offers.a), 201)
    ok(offers.withdraw(offers.d, offers.applied(offers.d, posting)))
    assert refused(offers.edit(offers.a, posting, companyId=other["id"])) == (400, "CompanyIdFrozen")
    ok(offers.edit(offers.a, posting, companyId=offers.acme["id"], title="Senior baker"))


def test_net_12_who_is_no_admin_any_more_keeps_nothing(offers, posting):
    row = offers.applied(offers.d, posting)
    ok(offers.remove(offers.b, offers.right_of(offers.a, offers.acme)))
    answers = [offers.edit(offers.a, posting, title="x"), offers.drop(offers.a, posting), offers.look(offers.a, row),
               offers.move(offers.a, row, status="accepted"), offers.withdraw(offers.a, row)]
    assert [answer.status_code for answer in answers] == [403] * 5
    assert offers.listed(offers.a, "jobapplications") == []
    assert offers.listed(offers.b, "jobapplications") == [row["id"]]
    ok(offers.move(offers.b, row, status="accepted"))


def test_net_11_a_deleted_company_closes_its_postings_and_its_admins_still_read(offers, posting, settle):
    row = offers.applied(offers.d, posting)
    ok(offers.a.delete(f"{COMPANY}/companies/{offers.acme['id']}"))
    assert refused(offers.apply(offers.c, posting)) == (400, "PostingClosed")
    settle()
    assert ok(offers.shown(offers.c, posting))["jobPosting"]["status"] == "closed"
    ok(offers.look(offers.b, row))
    assert offers.listed(offers.b, "jobapplications") == [row["id"]]
    assert offers.edit(offers.a, posting, status="active").status_code == 404
    assert offers.move(offers.b, row, status="accepted").status_code == 404


def test_net_11_a_posting_of_a_private_page_keeps_its_own_visibility(offers, posting):
    ok(offers.change(offers.a, offers.acme, pageVisibility="private"))
    ok(offers.shown(offers.d, posting))
    assert offers.listed(offers.d) == [posting["id"]]


def test_net_13_nobody_acts_in_anothers_name(offers, posting):
    assert offers.offer(offers.a, postedByUserId=offers.b.user_id).status_code == 403
    assert offers.apply(offers.d, posting, applicantUserId=offers.c.user_id).status_code == 403
    row = offers.applied(offers.d, posting, appliedAt="2020-01-01", lastStatusUpdateAt="2020-01-01")
    assert not row["appliedAt"].startswith("2020")


def test_net_31_every_read_needs_a_login(offers, posting, client):
    for path in ("jobpostings", f"jobpostings/{posting['id']}", "jobapplications"):
        assert client.get(f"{JOBS}/{path}").status_code == 401


def test_net_31_admins_of_the_realm_read_no_private_rows_and_the_superadmin_does(offers, callers):
    private = offers.offered(visibility="private")
    row, staff = offers.applied(offers.b, private), callers.admin(realm="network")
    assert offers.shown(staff, private).status_code == offers.look(staff, row).status_code == 403
    assert offers.listed(staff) == offers.listed(staff, "jobapplications") == []
    assert (offers.listed(offers.s), offers.listed(offers.s, "jobapplications")) == ([private["id"]], [row["id"]])


# --- blocks and rest ---


def test_net_7_a_block_hides_personal_postings_and_no_companys(offers, posting):
    personal = offers.own(offers.a)
    row = offers.applied(offers.d, personal)
    block(offers.a, offers.d)
    assert offers.shown(offers.d, personal).status_code == offers.apply(offers.d, personal).status_code == 404
    assert offers.listed(offers.d) == [posting["id"]]
    offers.applied(offers.d, posting)
    # what was submitted before goes its way
    ok(offers.look(offers.a, row))
    ok(offers.move(offers.a, row, status="in_review"))
    ok(offers.look(offers.d, row))
    ok(offers.withdraw(offers.d, row))


def test_net_8_the_posting_of_who_rests_is_404_and_comes_back(offers):
    personal = offers.own(offers.c)
    rest(offers, offers.c)
    assert offers.shown(offers.d, personal).status_code == offers.apply(offers.d, personal).status_code == 404
    assert offers.listed(offers.d) == []
    with moved_clock(minutes=10):
        assert offers.listed(offers.d, caching="false") == [personal["id"]]
        ok(offers.shown(offers.d, personal))


def test_the_postings_of_who_is_deleted_are_deleted_and_a_companys_stay(offers, posting, settle):
    personal = offers.own(offers.a)
    delete_user(offers.s.actor, offers.a.user_id)
    settle()
    assert offers.listed(offers.s) == [posting["id"]]
    assert offers.shown(offers.d, personal).status_code == 404
    ok(offers.shown(offers.b, posting))


def test_who_is_gone_for_good_leaves_a_companys_posting_and_nothing_else(offers, posting):
    personal = offers.own(offers.a)
    row, own = offers.applied(offers.d, personal), offers.applied(offers.a, posting)
    forget_person(system_actor("network"), runtime().part(PersonTables), offers.a.user_id, None)
    assert offers.listed(offers.s) == [posting["id"]]
    assert offers.listed(offers.s, "jobapplications") == [row["id"]]
    assert offers.look(offers.s, own).status_code == 404


# --- deadlines ---


@pytest.mark.once("about no database")
@pytest.mark.parametrize(("said", "last"), [
    ("2026-11-28", "2026-11-28T23:59:59.999+00:00"), ("2026-11-28T12:00:00Z", "2026-11-28T12:00:00+00:00"),
    ("9999-12-31", "9999-12-31T23:59:59.999+00:00")])
def test_net_21_the_deadline_is_inclusive_and_a_date_ends_with_its_day(said, last):
    deadline, end = parse_deadline(said), datetime.fromisoformat(last)
    assert deadline == end
    assert not is_past(deadline, end)
    assert is_past(deadline - timedelta(milliseconds=1), end)


def test_net_21_the_day_of_the_deadline_is_in_time_and_the_clock_changes_no_status(offers):
    today = offers.offered(applicationDeadline=iso(now())[:10])
    over = offers.offered(applicationDeadline="2020-01-01")
    offers.applied(offers.d, today)
    assert refused(offers.apply(offers.d, over)) == (400, "DeadlinePassed")
    assert ok(offers.shown(offers.d, over))["jobPosting"]["status"] == "active"
    assert offers.listed(offers.d, applicationDeadline="2020-01-01") == [over["id"]]
    ok(offers.edit(offers.a, over, applicationDeadline="2099-01-01"))
    offers.applied(offers.d, over)


def test_net_21_applicants_always_read_their_own(offers, posting):
    row = offers.applied(offers.d, posting)
    ok(offers.edit(offers.a, posting, visibility="private", status="closed"))
    shown = ok(offers.look(offers.d, row))["jobApplication"]
    assert shown["posting"] == {"id": posting["id"], "title": "Baker", "companyName": "Acme", "status": "closed"}
    ok(offers.drop(offers.a, posting))
    assert ok(offers.look(offers.d, row))["jobApplication"]["posting"] is None
    assert offers.listed(offers.d, "jobapplications") == [row["id"]]
    assert offers.look(offers.a, row).status_code == 403


# --- applications ---


def test_net_20_nobody_decides_an_own_application(offers, posting):
    for person in (offers.a, offers.s):
        row = offers.applied(person, posting)
        for status in ("in_review", "accepted", "rejected"):
            assert offers.move(person, row, status=status).status_code == 403
    ok(offers.move(offers.b, row, status="accepted"))


def test_net_20_after_a_rejection_there_is_no_second_application(offers, posting):
    row = offers.applied(offers.d, posting)
    ok(offers.move(offers.a, row, status="rejected"))
    assert refused(offers.apply(offers.d, posting)) == (400, "AlreadyApplied")
    ok(offers.withdraw(offers.d, row))
    assert refused(offers.apply(offers.d, posting)) == (400, "RejectedBefore")
    assert offers.listed(offers.d, "jobapplications") == []
    assert check_rejections()[0] == "ok"
    offers.applied(offers.d, offers.offered())


@pytest.mark.parametrize("status", ["submitted", "in_review", "accepted"])
def test_net_20_an_admin_deletes_only_rejected_ones_and_the_applicant_any(offers, posting, status):
    row = offers.applied(offers.d, posting)
    ok(offers.move(offers.a, row, status=status))
    assert refused(offers.withdraw(offers.a, row)) == (400, "ApplicationNotRejected")
    assert offers.withdraw(offers.c, row).status_code == 403
    ok(offers.withdraw(offers.d, row))
    rejected = offers.applied(offers.c, posting)
    ok(offers.move(offers.a, rejected, status="rejected"))
    ok(offers.withdraw(offers.b, rejected))


def test_words_are_the_applicants_until_somebody_decides(offers, posting):
    row = offers.applied(offers.d, posting)
    assert offers.move(offers.a, row, coverLetter="x").status_code == 403
    ok(offers.move(offers.a, row, status="in_review"))
    ok(offers.move(offers.d, row, coverLetter="y", status="in_review"))
    ok(offers.move(offers.a, row, status="accepted"))
    assert refused(offers.move(offers.d, row, coverLetter="z")) == (400, "ApplicationDecided")


def test_the_state_that_it_has_already_changes_nothing(offers, posting):
    row = offers.applied(offers.d, posting)
    assert ok(offers.move(offers.a, row, status="submitted"))["jobApplication"]["recordVersion"] == 1


def test_net_22_a_resume_is_read_by_its_applicant_and_who_decides_and_ends_with_the_application(offers, posting, app):
    [file] = store_files(offers.d.actor, private_bucket(offers.d.user_id), [Upload("cv.pdf", PDF)])
    address = file["downloadUrl"]

    def opened(link):
        return ApiClient(app).get(link.removeprefix(runtime().settings.public_url)).status_code

    assert offers.apply(offers.c, posting, resumeUrl=address).status_code == 400
    assert offers.apply(offers.c, posting, resumeUrl="http://plain.example/cv.pdf").status_code == 400
    row = offers.applied(offers.d, posting, resumeUrl=address)
    assert opened(address) == 401
    for reader in (offers.d, offers.a, offers.b):
        link = ok(offers.look(reader, row))["jobApplication"]["resumeUrl"]
        assert (link.startswith(f"{address}?token="), opened(link)) == (True, 200)
    assert offers.look(offers.c, row).status_code == 403
    assert "resumeUrl" not in ok(offers.shown(offers.c, posting))["jobPosting"]
    ok(offers.remove(offers.b, offers.right_of(offers.a, offers.acme)))
    assert offers.look(offers.a, row).status_code == 403
    ok(offers.withdraw(offers.d, row))
    assert offers.look(offers.b, row).status_code == 404
    assert offers.listed(offers.b, "jobapplications") == []
    offers.applied(offers.d, posting, resumeUrl="https://cv.example/mine.pdf")


def test_net_32_a_posting_shows_company_and_poster_an_application_posting_and_applicant(offers, posting):
    shown = ok(offers.shown(offers.d, posting))["jobPosting"]
    assert (shown["company"]["name"], shown["poster"]["fullname"]) == ("Acme", "Ann")
    row = ok(offers.look(offers.a, offers.applied(offers.d, posting)))["jobApplication"]
    assert (row["posting"]["title"], row["applicant"]["fullname"]) == ("Baker", "Dan")


@pytest.mark.parametrize("what", ["jobpostings", "jobapplications"])
def test_the_statements_of_a_list_do_not_grow_with_its_rows(offers, what, count_statements):
    told = []
    for rounds in (1, 5):
        for _ in range(rounds):
            offers.applied(offers.d, offers.offered())
        offers.a.get(f"{JOBS}/{what}?caching=false")
        with count_statements() as statements:
            ok(offers.a.get(f"{JOBS}/{what}?caching=false"))
        told.append(len(statements))
    assert told[0] == told[1]


def test_net_30_applicant_and_present_admins_are_told(offers, posting, settle, sent):
    row = offers.applied(offers.d, posting, coverLetter="private words")
    ok(offers.move(offers.b, row, status="in_review"))
    settle()

    def told(person):
        items = person.get("/network/notification-service/notifications?limit=100&sortOrder=asc").json["items"]
        return [item["type"] for item in items if item["type"].startswith("JOB")]

    assert told(offers.a) == told(offers.b) == ["JOB_APPLICATION_RECEIVED"]
    assert told(offers.d) == ["JOB_APPLICATION_SUBMITTED", "JOB_APPLICATION_STATUS_UPDATED"]
    assert [event.key for event in sent(APPLICATION_CREATED)] == [row["id"]]


# --- moderation ---


@pytest.mark.parametrize(("kind", "keepers_get"), [("HIDE", 200), ("REMOVE", 404)])
def test_a_held_posting_takes_no_applications_and_is_shown_again(offers, posting, callers, kind, keepers_get):
    staff, row = callers.admin(realm="network"), offers.applied(offers.c, posting)
    act(staff, posting, kind)
    assert offers.shown(offers.d, posting).status_code == offers.apply(offers.d, posting).status_code == 404
    assert offers.listed(offers.d) == []
    assert (offers.shown(offers.b, posting).status_code, offers.look(offers.c, row).status_code) == (keepers_get, 200)
    assert offers.look(offers.b, row).status_code == (200 if kind == "HIDE" else 403)
    ok(offers.shown(staff, posting))
    act(staff, posting, "SHOW_AGAIN")
    offers.applied(offers.d, posting)


def test_the_postings_of_a_held_page_are_its_admins_alone(offers, posting, callers):
    staff = callers.admin(realm="network")
    ok(staff.post(f"{MODERATION}/acts", json={"entityType": "COMPANY", "entityId": offers.acme["id"], "kind": "HIDE",
                                              "reason": "r"}), 201)
    assert offers.shown(offers.d, posting).status_code == offers.apply(offers.d, posting).status_code == 404
    assert (offers.listed(offers.d), offers.listed(offers.b)) == ([], [posting["id"]])


def test_m_30_a_posting_is_reported_by_who_sees_it_and_looked_into_for_words(offers, posting, callers, settle):
    staff = callers.admin(realm="network")
    said = {"entityType": "JOB", "entityId": posting["id"], "reason": "SPAM"}
    private = offers.offered(visibility="private")
    assert offers.d.post(f"{MODERATION}/reports", json=said | {"entityId": private["id"]}).status_code == 404
    ok(offers.d.post(f"{MODERATION}/reports", json=said), 201)
    ok(staff.post(f"{MODERATION}/words", json={"phrase": "casino", "reason": "SPAM"}), 201)
    worded = offers.offered(description="Deals cards in our casino.")
    settle()
    cases = ok(staff.get(f"{MODERATION}/cases"))["moderationCases"]
    assert {(case["kind"], case["entityId"], case["personId"]) for case in cases} == {
        ("REPORT", posting["id"], offers.a.user_id), ("WORDS", worded["id"], offers.a.user_id)}


def test_nobody_takes_the_id_of_a_posting_that_went_with_its_poster(offers):
    personal = offers.own(offers.a)
    row = offers.applied(offers.d, personal, coverLetter="private words")
    forget_person(system_actor("network"), runtime().part(PersonTables), offers.a.user_id, None)
    again = offers.c.post(POSTINGS, json=BAKER | {"companyName": "x", "jobPostingId": personal["id"]})
    assert again.status_code == 400
    assert offers.look(offers.c, row).status_code in (403, 404)
    assert offers.listed(offers.c, "jobapplications") == []

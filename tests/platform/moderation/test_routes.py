"""The routes of moderation, in every realm: who may call them, and what they show (moderation.md, Routes)."""
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from app.actor import system_actor
from app.clock import moved_clock, now
from app.data.changes import OutboxRecord
from app.data.reads import fetch
from app.data.reads.read_request import ReadRequest
from app.data.unit_of_work import unit_of_work
from app.errors import RuleViolated
from app.events.topics import service_topic
from app.jobs.worker import run_job
from app.notify.mailbox import read_outbox
from blueprints.platform.auth.commands import lock_user, update_user_role
from blueprints.platform.moderation.act_models import Appeal
from blueprints.platform.moderation.case_file_models import CaseNote, Evidence
from blueprints.platform.moderation.case_queue import list_cases
from blueprints.platform.moderation.cases import add_note, take
from blueprints.platform.moderation.queries import get_case
from blueprints.platform.moderation.report_models import Report
from blueprints.platform.moderation.strike_models import Strike
from tests.platform.moderation.chains import entries
from tests.platform.moderation.people_acts import act_on


@pytest.fixture
def base(realm):
    return f"/{realm}/adminmoderation-api/v1"


@pytest.fixture
def seller(people):
    return people.user("sid")


@pytest.fixture
def listing(things, seller):
    return things.add(seller.user_id)


@pytest.fixture
def ada(people):
    return people.admin("ada")


@pytest.fixture
def tell(people, base):
    def tell(name, thing_id, reason="FRAUD", **more):
        body = {"entityType": "PRODUCT", "entityId": thing_id, "reason": reason} | more
        return people.user(name).post(f"{base}/reports", json=body)
    return tell


@pytest.fixture
def case(tell, listing, base, ada):
    assert tell("ben", listing, text="a fake").status_code == 201
    return ada.get(f"{base}/cases").json["moderationCases"][0]


def test_m_19_a_visitor_reports_nothing(client, base):
    assert client.post(f"{base}/reports", json={}).status_code == 401
    assert client.get(f"{base}/cases").status_code == 401


def test_cases_and_acts_are_staffs(people, base, case):
    ben = people.user("ben")
    assert ben.get(f"{base}/cases").status_code == 403
    assert ben.get(f"{base}/cases/1").status_code == 403
    for path in ("cases/1/take", "cases/1/release", "cases/1/notes", "cases/1/ask", "cases/1/dismiss",
                 "cases/1/resolve", "acts", "acts/1/undo"):
        assert ben.post(f"{base}/{path}", json={}).status_code == 403, path


def test_m_29_a_number_that_is_none_and_one_that_is_nobodys(ada, base, case):
    for path, status in (("cases/a1", 400), ("cases/-1", 400), ("cases/999", 404), ("cases/99999999999", 400)):
        assert ada.get(f"{base}/{path}").status_code == status, path
    assert ada.post(f"{base}/acts/57/undo", json={"reason": "r"}).status_code == 404


def test_m_20_the_answer_and_the_event_of_a_report_do_not_say_who_made_it(people, tell, listing, sent, realm, app):
    ben, answer = people.user("ben"), tell("ben", listing, text="a fake")
    assert (answer.status_code, answer.json["report"]["state"]) == (201, "OPEN")
    assert not {"reporterId", "caseId"} & set(answer.json["report"])
    assert ben.user_id not in str(answer.json["report"])
    for row in fetch(select(*OutboxRecord.__table__.columns).where(OutboxRecord.payload.contains(listing))):
        assert ben.user_id not in repr(tuple(row))
        assert str(ben.actor.session_id) not in repr(tuple(row))
    [told] = sent(service_topic(realm, "adminModeration", "report-created"))
    assert (told.payload["userId"], told.user_id, told.payload["report"]["id"]) == (None, None,
                                                                                   answer.json["report"]["id"])


def test_one_sees_ones_own_reports_and_staff_see_all(people, tell, listing, base, ada):
    tell("ben", listing)
    tell("eve", listing)
    seen = [len(one.get(f"{base}/reports").json["reports"]) for one in (people.user("ben"), people.user("ida"), ada)]
    assert seen == [1, 0, 2]
    assert people.user("ben").user_id not in ada.get(f"{base}/reports?getJoins=true").text


def test_m_20_staff_do_not_list_what_was_reported_of_themselves(
        people, tell, listing, things, base, ada, seller, realm):
    tell("ben", listing, text="you sold it to me yesterday")
    tell("ben", things.add(ada.user_id))
    update_user_role(system_actor(realm), seller.user_id, "admin")
    assert [one["entityId"] for one in ada.get(f"{base}/reports").json["reports"]] == [listing]
    assert listing not in seller.get(f"{base}/reports").text
    assert listing not in seller.get(f"{base}/reports?entityId={listing}&caching=false").text.split('"reports"')[1]
    assert len(people.super_admin().get(f"{base}/reports").json["reports"]) == 2


def test_the_queue_shows_the_most_urgent_first_with_what_each_is_about(things, seller, tell, ada, base):
    for number, reason in enumerate(("SPAM", "HATE", "OTHER")):
        tell("ben", things.add(seller.user_id, title=f"thing {number}"), reason)
    answer = ada.get(f"{base}/cases?pageRowCount=2")
    rows = answer.json["moderationCases"]
    assert [(row["priority"], row["title"]) for row in rows] == [(100, "thing 1"), (30, "thing 0")]
    assert answer.json["paging"]["totalRowCount"] == 3
    after = ada.get(f"{base}/cases?pageRowCount=2&after={answer.json['paging']['next']}").json
    assert [row["title"] for row in after["moderationCases"]] == ["thing 2"]


def test_the_queue_is_asked_by_kind_by_state_and_for_ones_own(case, ada, base, people, listing):
    def numbers(query):
        answer = ada.get(f"{base}/cases?{query}")
        assert answer.status_code == 200, answer.json
        return [row["number"] for row in answer.json["moderationCases"]]

    assert [numbers("kind=REPORT"), numbers("kind=WORDS"), numbers("state=OPEN"), numbers("mine=true")] == [
        [1], [], [1], []]
    ada.post(f"{base}/cases/1/take")
    assert [numbers("state=ASSIGNED"), numbers("mine=true"), numbers("state=OPEN"), numbers("")] == [[1], [1], [], [1]]
    with moved_clock(hours=25):  # the login has lapsed, too
        asked = [{"state": "ASSIGNED"}, {"mine": "true"}, {"state": "OPEN"}]
        assert [len(list_cases(ada.actor, ReadRequest(arguments=one)).rows) for one in asked] == [0, 0, 1]
    ada.post(f"{base}/cases/1/dismiss", json={"reason": "nothing in it"})
    assert [numbers(""), numbers("state=DISMISSED"), numbers("state=RESOLVED")] == [[], [1], []]
    assert ada.get(f"{base}/cases?state=NONSENSE").status_code == 400


def test_the_statements_of_the_queue_do_not_grow_with_its_rows(things, seller, tell, ada, base, count_statements):
    counted = []
    for many in (1, 1, 5):  # after the first the seller is remembered
        for _ in range(many):
            tell("ben", things.add(seller.user_id))
        with count_statements() as statements:
            assert ada.get(f"{base}/cases").status_code == 200
        counted.append(len(statements))
    assert counted[1] == counted[2]


def test_a_case_shows_what_staff_decide_by(case, people, tell, listing, ada, base, seller):
    ada.post(f"{base}/cases/1/notes", json={"text": "looks new"})
    answer = ada.get(f"{base}/cases/1").json
    assert answer["moderationCase"]["person"]["fullname"] == answer["person"]["fullname"] == "Sid"
    assert answer["thing"] == {"title": "Rolex", "content": {"title": "Rolex"}, "held": None, "isActive": True}
    assert [(one["reporter"]["fullname"], one["reason"], one["text"]) for one in answer["reports"]] == [
        ("Ben", "FRAUD", "a fake")]
    assert [(one["author"]["fullname"], one["text"]) for one in answer["notes"]] == [("Ada", "looks new")]
    assert [one["title"] for one in answer["evidence"]] == ["Rolex"]
    assert (answer["acts"], answer["strikes"], answer["record"]) == ([], [], {"cases": 0, "acts": []})
    assert answer["proposal"] is None or answer["proposal"]["strikes"] == 0
    ada.post(f"{base}/cases/1/resolve", json={"acts": [{"kind": "WARN"}], "reason": "r"})
    tell("eve", listing)
    again = ada.get(f"{base}/cases/2").json
    assert ([one["number"] for one in again["strikes"]], again["proposal"]["strikes"]) == ([1], 1)
    assert again["moderationCase"]["previous"] == 1
    assert (again["record"]["cases"], [one["number"] for one in again["record"]["acts"]]) == (1, [1])


def test_m_22_who_reads_a_message_between_others_leaves_a_row(things, seller, people, tell, ada, base, realm):
    from blueprints.marketplace.admin_moderation.models import ModerationAction

    parties = frozenset({seller.user_id, people.user("ben").user_id})
    message = things.add(seller.user_id, "MESSAGE", parties=parties)
    assert tell("eve", message, entityType="MESSAGE").status_code == 404
    assert tell("ben", message, entityType="MESSAGE").status_code == 201
    assert ada.get(f"{base}/cases/1").status_code == 200
    rows = fetch(select(ModerationAction.entity_type, ModerationAction.reason))
    wanted = [("USER", f"read message {message}")] if realm == "marketplace" else []
    assert [tuple(row) for row in rows] == wanted
    assert read_by(realm)[-1]["userId"] == ada.user_id


def test_m_22_a_super_admin_who_reads_one_and_whoever_reads_what_is_left_of_a_purged_one_leave_a_row_too(
        things, seller, people, tell, ada, base, realm):
    message = things.add(seller.user_id, "MESSAGE", parties=frozenset({seller.user_id, people.user("ben").user_id}))
    tell("ben", message, entityType="MESSAGE")
    root = people.super_admin()
    root.get(f"{base}/cases/1")
    things.subjects.clear()
    shown = ada.get(f"{base}/cases/1")
    assert (shown.json["thing"], len(shown.json["evidence"])) == (None, 1)
    assert [by["userId"] for by in read_by(realm)] == [root.user_id, ada.user_id]


def test_m_22_a_party_reads_its_own_message_without_a_trace(things, people, tell, base, realm):
    eve = people.admin("eve")
    message = things.add(people.user("sid").user_id, "MESSAGE", parties=frozenset({eve.user_id}))
    things.change(message, parties=frozenset({eve.user_id, people.user("ben").user_id}))
    tell("ben", message, entityType="MESSAGE")
    assert eve.get(f"{base}/cases/1").status_code == 200
    assert read_by(realm) == []


def read_by(realm):
    """Who read messages between others, by the audit."""
    return [entry["by"] for entry in entries(realm) if entry["what"] == "message.read"
            or "read message" in str(entry["facts"].get("reason"))]


def test_two_moderators_take_one_case(case, ada, base, people):
    bob = people.admin("bob")
    assert ada.post(f"{base}/cases/1/take").json["moderationCase"]["state"] == "ASSIGNED"
    for path, body in (("take", {}), ("release", {}), ("ask", {"text": "t"}), ("dismiss", {"reason": "r"}),
                       ("resolve", {"acts": [{"kind": "WARN"}], "reason": "r"})):
        refused = bob.post(f"{base}/cases/1/{path}", json=body)
        assert (refused.status_code, refused.json["errCode"], refused.json["detail"]) == (
            400, "CaseTaken", {"by": "Ada"}), path
    assert ada.post(f"{base}/cases/1/release").json["moderationCase"]["assigneeId"] is None
    assert bob.post(f"{base}/cases/1/take").status_code == 200
    assert people.super_admin().post(f"{base}/cases/1/release").json["moderationCase"]["state"] == "OPEN"


@pytest.mark.parametrize("gone", ["another role", "locked", "suspended"])
def test_m_13_what_somebody_has_who_may_not_act_any_more_is_anybodys(case, ada, base, people, realm, gone):
    bob = people.admin("bob")
    assert bob.post(f"{base}/cases/1/take").status_code == 200
    assert ada.post(f"{base}/cases/1/take").json["errCode"] == "CaseTaken"
    {"another role": lambda: update_user_role(system_actor(realm), bob.user_id, "user"),
     "locked": lambda: lock_user(system_actor(realm), bob.user_id, now() + timedelta(days=1)),
     "suspended": lambda: act_on(bob, "SUSPEND", days=1, realm=realm)}[gone]()
    assert bob.post(f"{base}/cases/1/release").status_code in (401, 403)
    assert ada.post(f"{base}/cases/1/take").json["moderationCase"]["assigneeId"] == ada.user_id


def test_a_claim_lapses_after_a_day(case, ada, base, people):
    bob = people.admin("bob").actor
    take(ada.actor, 1)
    with moved_clock(hours=23):
        with pytest.raises(RuleViolated, match="Ada"):
            take(bob, 1)
        add_note(ada.actor, 1, "still at it")
    with moved_clock(hours=30), pytest.raises(RuleViolated, match="Ada"):
        take(bob, 1)
    with moved_clock(hours=48):
        assert get_case(ada.actor, 1)[0]["assigneeId"] is None
        assert take(bob, 1).assignee_id == bob.user_id


def test_dismissing_declines_the_reports_and_does_nothing_twice(case, ada, base, people):
    for _ in range(2):
        closed = ada.post(f"{base}/cases/1/dismiss", json={"reason": "nothing in it"})
        assert (closed.status_code, closed.json["moderationCase"]["state"]) == (200, "DISMISSED")
    assert [row.state for row in fetch(select(Report.state))] == ["DECLINED"]
    assert ada.post(f"{base}/cases/1/take").json["errCode"] == "CaseClosed"
    assert people.admin("bob").post(f"{base}/cases/1/dismiss", json={"reason": "r"}).json["errCode"] == "CaseTaken"
    assert ada.get(f"{base}/cases").json["paging"]["totalRowCount"] == 0


def test_a_question_reaches_its_person_by_letter_and_leaves_no_strike(case, ada, base, seller, settle):
    assert ada.post(f"{base}/cases/1/ask", json={"text": "Do you have the receipt?"}).status_code == 200
    settle()
    [letter] = read_outbox(seller.email)
    assert "Do you have the receipt?" in letter["text"]
    assert fetch(select(Strike.id)) == []
    assert [row.kind for row in fetch(select(CaseNote.kind))] == ["QUESTION"]


def test_nobody_is_asked_about_what_concerns_nobody(things, tell, ada, base):
    tell("ben", things.add(None))
    assert ada.post(f"{base}/cases/1/ask", json={"text": "Who?"}).json["errCode"] == "NobodyToAsk"


def test_a_case_is_resolved_by_its_number(case, ada, base, seller):
    body = {"acts": [{"kind": "WARN"}], "reason": "a fake", "rule": "counterfeit"}
    for _ in range(2):
        answer = ada.post(f"{base}/cases/1/resolve", json=body)
        assert answer.status_code == 200, answer.json
        assert (answer.json["moderationCase"]["state"], answer.json["strike"]["number"], answer.json["told"]) == (
            "RESOLVED", 1, 1)
        assert [(one["number"], one["kind"], one["personId"]) for one in answer.json["acts"]] == [
            (1, "WARN", seller.user_id)]


@pytest.mark.parametrize("act", [{"kind": "BAN", "entityType": "PRODUCT"}, {"kind": "WARN", "days": 0}, {"kind": "X"},
                                 {"kind": "WARN", "entityType": "PRODUCT"}, {}])
def test_an_act_that_does_not_go_is_refused_by_name(case, ada, base, act):
    refused = ada.post(f"{base}/cases/1/resolve", json={"acts": [act], "reason": "r"})
    assert refused.status_code == 400
    assert "detail" in refused.json


def test_m_17_an_act_opens_and_resolves_a_case_and_is_undone_by_its_number(listing, ada, base):
    done = ada.post(f"{base}/acts", json={"kind": "WARN", "entityType": "PRODUCT", "entityId": listing, "reason": "r"})
    assert (done.status_code, done.json["moderationAct"]["number"], done.json["moderationCase"]["kind"]) == (
        201, 1, "OWN")
    undone = ada.post(f"{base}/acts/a1/undo", json={"reason": "a mistake"})
    assert (undone.json["moderationAct"]["state"], undone.json["lost"]) == (
        "UNDONE", ["The letter that was sent stays sent."])


def test_an_act_with_the_number_of_a_case_resolves_that(case, listing, ada, base):
    done = ada.post(f"{base}/acts", json={"kind": "WARN", "entityType": "PRODUCT", "entityId": listing, "reason": "r",
                                          "caseNumber": 1})
    assert (done.json["moderationCase"]["number"], done.json["moderationCase"]["state"]) == (1, "RESOLVED")


def test_a_person_is_reported_and_warned_by_the_account(people, tell, ada, base, seller):
    assert tell("ben", seller.user_id, entityType="USER").status_code in (201, 404)
    assert tell("ben", str(uuid4()), entityType="USER").status_code == 404


def test_m_33_evidence_goes_when_nobody_can_appeal_any_more(case, ada, base, app, realm):
    ada.post(f"{base}/cases/1/resolve", json={"acts": [{"kind": "WARN"}], "reason": "r"})
    run_job("purge-evidence")
    assert len(fetch(select(Evidence.id))) == 1
    with moved_clock(days=19):
        run_job("purge-evidence")
        assert len(fetch(select(Evidence.id))) == 1
    with moved_clock(days=21):
        run_job("purge-evidence")
        assert fetch(select(Evidence.id)) == []
        assert get_case(ada.actor, 1)[1]["evidence"] == []


def test_m_33_evidence_stays_while_its_case_waits_or_is_appealed(case, ada, base, people, realm, seller):
    with moved_clock(days=400):
        run_job("purge-evidence")
        assert len(fetch(select(Evidence.id))) == 1
    with unit_of_work(ada.actor) as work:
        case_id = fetch(select(Report.case_id))[0].case_id
        strike = work.insert(Strike(realm=realm, number=1, person_id=seller.user_id, case_id=case_id, case_number=1,
                                    act_kind="WARN", reason="r", struck_by=ada.user_id, lapses_at=now(),
                                    appeal_until=now()))
        work.flush()
        work.insert(Appeal(realm=realm, number=1, strike_id=strike.id, strike_number=1, case_id=case_id, text="no",
                           person_id=seller.user_id))
        work.execute(update(Evidence).values(keep_until=now() - timedelta(days=1)))
        work.commit()
    run_job("purge-evidence")
    assert len(fetch(select(Evidence.id))) == 1

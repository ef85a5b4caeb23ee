"""M-32: reporters get a receipt and the outcome; no event tells who reported what; who abuses it is muted."""
import pytest
from sqlalchemy import select

from app.actor import system_actor
from app.clock import now
from app.data.ids import uuid7
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.errors import Forbidden, InvalidInput, NotFound
from app.notify.mailbox import read_outbox
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.receipts import mute_reporter
from blueprints.platform.moderation.report_models import Report, ReporterRecord
from blueprints.platform.moderation.rules import MOST_MUTED_DAYS, NOBODY


def reported(realm, *reporters, reason="FRAUD"):
    with unit_of_work(system_actor(realm)) as work:
        case = work.insert(Case(realm=realm, number=142, kind="REPORT", entity_type="PRODUCT", entity_id=uuid7(),
                                opened_at=now(), report_count=len(reporters)))
        for reporter in reporters:
            work.insert(Report(realm=realm, owner=NOBODY, reporter_id=reporter.user_id, entity_type="PRODUCT",
                               entity_id=case.entity_id, case_id=case.id, reason=reason))
        work.commit()
    return case


def close(realm, case, state):
    with unit_of_work(system_actor(realm)) as work:
        work.change(work.lock(Case, case.id), is_pending=False,
                    state="RESOLVED" if state == "UPHELD" else "DISMISSED")
        for report in work.all(select(Report).where(Report.case_id == case.id).order_by(Report.id), lock=True):
            work.change(report, state=state, is_open=False)
        work.commit()


def letters(client):
    return [(letter["template"], letter["text"]) for letter in reversed(read_outbox(client.email))]


@pytest.mark.parametrize(("state", "said"), [("UPHELD", "acted on it"), ("DECLINED", "nothing in it that is against")])
def test_m_32_a_reporter_gets_a_receipt_and_the_outcome(people, realm, settle, state, said):
    ben, olga = people.user("ben"), people.user("olga")
    case = reported(realm, ben, olga)
    settle()
    close(realm, case, state)
    settle()
    for reporter, other in ((ben, olga), (olga, ben)):
        (first, receipt), (second, outcome) = letters(reporter)
        assert (first, second) == ("REPORT_RECEIPT", "REPORT_OUTCOME")
        assert "Thank you for your report." in receipt
        assert said in outcome
        assert "listing, fraud." in outcome
        for text in (receipt, outcome):
            assert other.email not in text
            assert other.actor.fullname not in text


def test_m_32_in_the_app_they_hear_it_too_and_no_event_says_of_what(as_user, settle, sent):
    ben = as_user("ben")
    case = reported("marketplace", ben)
    settle()
    close("marketplace", case, "UPHELD")
    settle()
    notices = ben.get("/marketplace/notificationmanagement-api/v1/notifications?sort=createdAt").json["notifications"]
    assert sorted(notice["payload"]["message"][:9] for notice in notices) == ["Thank you", "We looked"]
    for event in sent("ebaycclone-notificationmanagement-service-dbevent-notification-created"):
        assert set(event.payload["payload"]) == {"message"}
        assert event.request_id is None


def test_m_32_in_the_app_of_every_realm_they_hear_receipt_and_outcome(people, realm, settle):
    ben = people.user("ben")
    case = reported(realm, ben)
    settle()
    close(realm, case, "DECLINED")
    settle()
    items = ben.get(f"/{realm}/notification-service/notifications").json["items"]
    assert [item["body"][:9] for item in items] == ["We looked", "Thank you"]
    assert [set(item["metadata"]) for item in items] == [{"message"}, {"message"}]


def test_m_32_an_address_nobody_has_proved_gets_no_letter(people, realm, settle):
    nina = people.user("nina", email_verified=False)
    reported(realm, nina)
    settle()
    assert letters(nina) == []


def muted(realm, client):
    rows = fetch(select(ReporterRecord.muted_until).where(ReporterRecord.realm == realm,
                                                          ReporterRecord.person_id == client.user_id))
    return rows[0].muted_until if rows else None


def test_m_32_who_abuses_reporting_is_muted_and_unmuted(people, realm):
    ben, ada = people.user("ben"), people.admin().actor
    with pytest.raises(Forbidden):
        mute_reporter(ben.actor, ben.user_id, 7)
    with pytest.raises(NotFound):
        mute_reporter(ada, uuid7(), 7)
    for days in (-1, MOST_MUTED_DAYS + 1):
        with pytest.raises(InvalidInput, match=f"0 to {MOST_MUTED_DAYS}"):
            mute_reporter(ada, ben.user_id, days)
    mute_reporter(ada, ben.user_id, MOST_MUTED_DAYS)
    assert (muted(realm, ben) - now()).days in (MOST_MUTED_DAYS - 1, MOST_MUTED_DAYS)
    mute_reporter(ada, ben.user_id, 0)
    assert muted(realm, ben) is None

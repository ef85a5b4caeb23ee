"""Reports and who may make them; who made one is known to nobody but the staff's case (M-19, M-20, M-21)."""
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.actor import anonymous
from app.clock import moved_clock, now
from app.data.changes import OutboxRecord
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.errors import ApiError, InvalidInput, LoginRequired, NotFound, RuleViolated, TooManyRequests
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.case_file_models import Evidence
from blueprints.platform.moderation.cases import act, resolve
from blueprints.platform.moderation.counters import pending_cases
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.report_models import Report, ReporterRecord
from blueprints.platform.moderation.reports import report
from blueprints.platform.moderation.rules import NOBODY, priority, weight


@pytest.fixture
def seller(people):
    return people.user("sid")


@pytest.fixture
def listing(things, seller):
    return things.add(seller.user_id)


def says(actor, thing_id, reason="FRAUD", **more):
    given = {"entity_type": "PRODUCT", "entity_id": thing_id, "reason": reason} | more
    return report(actor.actor, **given)


def cases():
    return fetch(select(*Case.__table__.columns).order_by(Case.number))


def refusal(refused, kind: type[ApiError] = RuleViolated):
    with pytest.raises(kind) as caught:
        refused()
    return caught.value.err_code


def test_m_19_a_visitor_reports_nothing(realm, listing):
    with pytest.raises(LoginRequired):
        report(anonymous(realm), entity_type="PRODUCT", entity_id=listing, reason="SPAM")


def test_what_nobody_moderates_here_cannot_be_reported(people, listing, realm):
    of_the_other = "POST" if realm == "marketplace" else "FEEDBACK"
    assert refusal(lambda: says(people.user(), listing, entity_type=of_the_other), InvalidInput) == "ValidationError"


@pytest.mark.parametrize("fields", [{"held": "REMOVED"}, {"held": "HIDDEN"}, {"is_active": False}])
def test_what_nobody_sees_cannot_be_reported(people, things, listing, fields):
    assert refusal(lambda: says(people.user(), str(uuid4())), NotFound) == "RecordNotFound"
    things.change(listing, **fields)
    assert refusal(lambda: says(people.user(), listing), NotFound) == "RecordNotFound"
    assert cases() == []


def test_m_19_a_message_is_reported_by_its_parties_alone(people, things, seller):
    ben = people.user("ben")
    parties = frozenset({seller.user_id, ben.user_id})
    message = things.add(seller.user_id, "MESSAGE", parties=parties)
    assert refusal(lambda: says(people.user("eve"), message, entity_type="MESSAGE"), NotFound) == "RecordNotFound"
    assert refusal(lambda: says(seller, message, entity_type="MESSAGE")) == "ReportsOneself"
    assert says(ben, message, entity_type="MESSAGE").state == "OPEN"


def test_m_19_nobody_reports_what_is_their_own(seller, listing):
    assert refusal(lambda: says(seller, listing)) == "ReportsOneself"


def test_m_19_a_second_open_report_of_the_same_thing_is_refused(people, listing):
    says(people.user("ben"), listing)
    assert refusal(lambda: says(people.user("ben"), listing, "SPAM")) == "AlreadyReported"
    says(people.user("eve"), listing)
    assert [case.report_count for case in cases()] == [2]


def test_m_19_twenty_reports_a_day(people, things, seller):
    ben = people.user("ben")
    for _ in range(20):
        says(ben, things.add(seller.user_id))
    with pytest.raises(TooManyRequests) as refused:
        says(ben, things.add(seller.user_id))
    assert refused.value.err_code == "TooManyReports"
    assert int(refused.value.headers["Retry-After"]) <= 86401
    says(people.user("eve"), things.add(seller.user_id))
    with moved_clock(hours=25):
        assert says(ben, things.add(seller.user_id)).state == "OPEN"


def test_m_19_a_report_after_the_case_was_closed_opens_another_that_names_it(people, listing):
    says(people.user("ben"), listing)
    resolve(people.admin().actor, cases()[0].number, acts=[ActOrder("WARN", "PRODUCT", listing)], reason="fake")
    says(people.user("ben"), listing)
    assert [(case.number, case.previous, case.state) for case in cases()] == [(1, None, "RESOLVED"), (2, 1, "OPEN")]


def test_m_20_who_reported_stands_in_no_event(people, listing, sent, realm):
    ben = people.user("ben")
    says(ben, listing, text="it is a fake")
    assert not any(ben.user_id in repr(tuple(row)) for row in fetch(select(*OutboxRecord.__table__.columns).where(
        OutboxRecord.object.in_(("report", "moderationcase")))))
    [told] = fetch(select(*Report.__table__.columns))
    assert (told.owner, told.reporter_id) == (NOBODY, ben.user_id)


def test_m_21_the_worst_reason_and_the_number_of_reports_make_the_priority(people, listing):
    assert priority(90, 3, 2) == 90 + 10 + 20
    assert priority(10, 99, 0) == 10 + 50
    for name, reason in (("ben", "OTHER"), ("eve", "FRAUD"), ("ida", "SPAM")):
        says(people.user(name), listing, reason)
    [case] = cases()
    assert (case.priority, case.urgency, case.worst) == (100, -100, 90)


def test_m_21_each_active_strike_of_the_person_adds_ten(people, things, seller, listing):
    for _ in range(2):
        act(people.admin().actor, ActOrder("WARN", "PRODUCT", things.add(seller.user_id)), reason="fake")
    struck = {case.id for case in cases()}
    says(people.user("ben"), listing)
    with moved_clock(days=181):  # the strikes have lapsed
        says(people.user("ben"), things.add(seller.user_id))
    says(people.user("ben"), things.add(people.user("sue").user_id))
    assert [(case.worst, case.priority) for case in cases() if case.id not in struck] == [(90, 110), (90, 90), (90, 90)]


def test_m_32_whose_reports_are_often_declined_weighs_less(people, listing, realm):
    assert [weight("FRAUD", *ended) for ended in ((0, 2), (0, 3), (2, 3))] == [90, 45, 90]
    assert weight("OTHER", 0, 9) == 10
    with unit_of_work(people.admin().actor) as work:
        work.insert(ReporterRecord(realm=realm, person_id=people.user("ben").user_id, upheld=0, declined=3))
        work.commit()
    says(people.user("ben"), listing)
    assert [case.worst for case in cases()] == [45]


def test_m_33_what_was_judged_is_copied_when_the_case_opens(people, things, listing):
    says(people.user("ben"), listing)
    says(people.user("eve"), listing)
    things.change(listing, content={"title": "A new title"})
    says(people.user("ida"), listing)
    kept = fetch(select(Evidence.content, Evidence.digest).order_by(Evidence.taken_at, Evidence.id))
    assert [row.content["title"] for row in kept] == ["Rolex", "A new title"]
    assert len({row.digest for row in kept}) == 2


def test_who_was_muted_reports_nothing(people, listing, realm):
    ben = people.user("ben")
    with unit_of_work(people.admin().actor) as work:
        work.insert(ReporterRecord(realm=realm, person_id=ben.user_id, upheld=0, declined=9,
                                   muted_until=now() + timedelta(days=1)))
        work.commit()
    assert refusal(lambda: says(ben, listing)) == "ReporterMuted"


def test_cases_that_wait_are_counted(people, things, seller, realm):
    ben = people.user("ben")
    for _ in range(3):
        says(ben, things.add(seller.user_id))
    says(people.user("eve"), cases()[0].entity_id)
    assert pending_cases(realm) == 3

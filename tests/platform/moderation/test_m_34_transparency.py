"""M-34, the transparency report: counts by rule and act, by machine and person, median times, what was overturned."""
from datetime import timedelta

import pytest

from app.actor import system_actor
from app.clock import now
from app.data.ids import uuid7
from app.data.unit_of_work import unit_of_work
from app.errors import Forbidden, InvalidInput
from blueprints.platform.moderation.act_models import Act, Appeal
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.report_models import Report
from blueprints.platform.moderation.rules import NOBODY
from blueprints.platform.moderation.transparency import transparency

YEAR = now().year
NOON = now()


def insert(realm, *rows):
    with unit_of_work(system_actor(realm)) as work:
        for row in rows:
            row.realm = realm
            work.insert(row)
        work.commit()


def closed_case(number, hours, kind="REPORT", state="RESOLVED"):
    return Case(number=number, kind=kind, state=state, is_pending=False, entity_type="USER", entity_id=uuid7(),
                opened_at=NOON - timedelta(hours=hours), closed_at=NOON)


def act(number, kind="REMOVE", rule="fraud", **fields):
    return Act(number=number, kind=kind, rule=rule, case_id=uuid7(), case_number=1, entity_type="USER",
               entity_id=uuid7(), actor_id=uuid7(), reason="r", **fields)


def appeal(number, state, hours=None):
    return Appeal(number=number, state=state, strike_id=uuid7(), strike_number=number, case_id=uuid7(),
                  person_id=uuid7(), text="t", created_at=NOON, updated_at=NOON,
                  decided_at=NOON + timedelta(hours=hours) if hours else None)


def report(reason, state="OPEN"):
    return Report(owner=NOBODY, reporter_id=uuid7(), entity_type="USER", entity_id=uuid7(), case_id=uuid7(),
                  reason=reason, state=state, is_open=state == "OPEN")


def test_m_34_only_staff_reads_it_and_only_for_years_that_were(people):
    with pytest.raises(Forbidden):
        transparency(people.user("ben").actor)
    for year in (1999, YEAR + 1):
        with pytest.raises(InvalidInput):
            transparency(people.admin().actor, year)


def test_m_34_a_year_without_anything_is_all_zero(people):
    said = transparency(people.admin().actor, YEAR)
    assert (said["reports"]["received"], said["cases"]["closed"], said["acts"]) == (0, 0, [])
    assert said["appeals"]["made"] == 0
    assert (said["cases"]["medianHours"], said["appeals"]["medianHours"]) == ({}, None)


def test_m_34_it_counts_what_was_reported_decided_and_appealed(people, realm):
    insert(realm, report("FRAUD"), report("FRAUD", "UPHELD"), report("SPAM", "DECLINED"))
    insert(realm, closed_case(1, 1), closed_case(2, 5), closed_case(3, 100), closed_case(4, 2, "WORDS", "DISMISSED"),
           closed_case(5, 4, "WORDS"))
    insert(realm, act(1), act(2, state="UNDONE"), act(3, by_machine=True), act(4, "BAN", None))
    insert(realm, appeal(1, "GRANTED", 2), appeal(2, "DENIED", 3), appeal(3, "DENIED", 4), appeal(4, "OPEN"))
    other = "network" if realm == "marketplace" else "marketplace"
    insert(other, report("HATE"), closed_case(1, 7), act(1, "HIDE"), appeal(1, "GRANTED", 1))
    said = transparency(people.admin().actor)
    assert said["reports"] == {"received": 3, "byReason": {"FRAUD": 2, "SPAM": 1},
                               "byState": {"DECLINED": 1, "OPEN": 1, "UPHELD": 1}}
    assert said["cases"] == {"closed": 5, "byKind": {"REPORT": 3, "WORDS": 2},
                             "byState": {"DISMISSED": 1, "RESOLVED": 4}, "medianHours": {"REPORT": 5.0, "WORDS": 3.0}}
    assert said["acts"] == [
        {"rule": None, "kind": "BAN", "byMachine": False, "count": 1, "undone": 0},
        {"rule": "fraud", "kind": "REMOVE", "byMachine": False, "count": 2, "undone": 1},
        {"rule": "fraud", "kind": "REMOVE", "byMachine": True, "count": 1, "undone": 0}]
    assert said["appeals"] == {"made": 4, "byState": {"DENIED": 2, "GRANTED": 1, "OPEN": 1}, "overturned": 1,
                               "medianHours": 3.0}
    assert transparency(people.admin().actor, YEAR - 1)["reports"]["received"] == 0


def test_m_34_it_asks_six_statements_whatever_the_year_held(people, realm, count_statements):
    ada = people.admin().actor
    insert(realm, *(act(number, rule=f"rule-{number}") for number in range(20)), report("FRAUD"), closed_case(1, 1))
    with count_statements() as sent:
        transparency(ada)
    assert len(sent) == 6


def test_m_34_it_is_read_over_http(as_admin, as_user):
    url = "/marketplace/adminmoderation-api/v1/transparency"
    assert as_user("ben").get(url).status_code == 403
    assert as_admin.get(f"{url}?year=x").status_code == as_admin.get(f"{url}?year=0001").status_code == 400
    assert as_admin.get(f"{url}?year={YEAR}").json["transparency"]["year"] == YEAR

"""The counters of the queue equal a recount, and `flask doctor` finds where they do not (decision 35)."""
import pytest
from sqlalchemy import update

from app.actor import system_actor
from app.data.unit_of_work import unit_of_work
from app.ops.checks import examine
from blueprints.platform.moderation.counter_models import Counter
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.reports import report


@pytest.fixture
def reported(things, people, realm):
    listing = things.add(people.user("sid").user_id)
    for name in ("ben", "eve"):
        report(people.user(name).actor, entity_type="PRODUCT", entity_id=listing, reason="FRAUD")


def finding():
    return next((found.state, found.says) for found in examine() if found.check == "queue")


def tampered(realm, change):
    with unit_of_work(system_actor(realm)) as work:
        work.execute(change)
        work.commit()


def test_counters_that_are_true_are_ok(reported):
    assert finding()[0] == "ok"


def test_a_wrong_number_of_waiting_cases_is_found(reported, realm):
    tampered(realm, update(Counter).where(Counter.realm == realm, Counter.name == "pending").values(value=7))
    state, says = finding()
    assert (state, f"{realm}: 7 wait, 1 found" in says) == ("fail", True)


def test_a_wrong_number_of_reports_is_found(reported, realm):
    tampered(realm, update(Case).values(report_count=3))
    state, says = finding()
    assert (state, f"{realm}: case 1 with 3 reports, 2 found" in says) == ("fail", True)

"""Who is erased stays erased, and learns of no report by asking for it."""
from dataclasses import replace

import pytest

from app.actor import system_actor
from app.data.person_rows import Obligation, Obligations
from app.errors import NotFound
from app.jobs.worker import run_job
from app.runtime import runtime
from blueprints.platform.auth.commands import restore_user
from tests.clients import PASSWORD
from tests.flow import settle


@pytest.fixture
def ben(people):
    return people.user("ben")


def erase(realm, person):
    return person.post(f"/{realm}/auth-api/v1/erasures", json={"currentPassword": PASSWORD})


def reported(realm, person, reporter):
    answer = reporter.post(f"/{realm}/adminmoderation-api/v1/reports", json={
        "entityType": "USER", "entityId": person.user_id, "reason": "FRAUD", "text": "he never pays"})
    assert answer.status_code == 201, answer.text


def test_staff_bring_nobody_back_who_was_erased(realm, ben):
    assert erase(realm, ben).status_code == 201
    with pytest.raises(NotFound):
        restore_user(system_actor(realm), ben.user_id)


def test_who_is_erased_is_gone_whatever_archive_days_says(realm, ben, auth, monkeypatch):
    held = runtime()
    monkeypatch.setattr(held, "settings", replace(held.settings, archive_days=36_500))
    assert erase(realm, ben).status_code == 201
    settle()
    run_job("purge-archived")
    settle()
    assert auth.login(ben.email, PASSWORD).status_code == 401
    assert auth.register(ben.email).status_code == 201


def test_who_owes_something_is_not_told_of_a_report_by_asking(realm, ben, people):
    kept = runtime().part(Obligations)
    runtime().keep(Obligations((Obligation(lambda realm, user_id: ["an order is not paid"]), *kept)))
    try:
        before = erase(realm, ben).json["message"]
        reported(realm, ben, people.user("eve"))
        assert erase(realm, ben).json["message"] == before
    finally:
        runtime().keep(kept)

"""`flask users erase`: refusals first; then an account that nobody restores, and rows that go with the next purge."""
import json

import pytest

from app.jobs.worker import run_job
from cli.users import users as users_group
from tests.clients import PASSWORD
from tests.flow import settle
from tests.platform.moderation.chains import entries

BOSS = "admin@admin.com"


@pytest.fixture
def erase(app, realm, people):
    """Run `flask users erase USER` in the realm as the superAdmin; returns click's result."""
    people.super_admin()

    def run(user, *arguments, operator=BOSS, typed=None):
        runner = app.test_cli_runner(env={"GUILDHALL_OPERATOR": operator})
        return runner.invoke(users_group, ["erase", user, "--realm", realm, *arguments], input=typed)
    return run


def shown(app, realm, user):
    return app.test_cli_runner().invoke(users_group, ["show", user, "--realm", realm, "--json"])


def test_nobody_erases_without_saying_who(erase, people):
    assert erase(people.user("ben").email, "--yes", operator=None).exit_code == 2


def test_an_unknown_user_is_not_erased(erase):
    refused = erase("nobody@guildhall.test", "--yes")
    assert (refused.exit_code, "has no user" in refused.stderr) == (1, True)


def test_an_admin_erases_nobody(erase, people):
    assert erase(people.user("ben").email, "--yes", operator=people.admin().email).exit_code == 1


def test_the_super_admin_is_not_erased(erase):
    refused = erase(BOSS, "--yes")
    assert (refused.exit_code, "SuperAdminCantBeErased" in refused.stderr) == (1, True)


def test_who_has_a_waiting_case_is_not_erased(erase, people, realm, auth):
    ben, eve = people.user("ben"), people.user("eve")
    made = eve.post(f"/{realm}/adminmoderation-api/v1/reports", json={
        "entityType": "USER", "entityId": ben.user_id, "reason": "FRAUD", "text": "he never pays"})
    assert made.status_code == 201, made.text
    refused = erase(ben.email, "--yes")
    assert refused.exit_code == 1, refused.output
    assert "staff have a case about this person to close" in refused.stderr
    assert auth.is_alive(ben.token)


def test_a_no_and_a_dry_run_erase_nobody(erase, people, auth):
    ben = people.user("ben")
    assert erase(ben.email, typed="n\n").exit_code == 1
    rehearsal = erase(ben.email, "--dry-run")
    assert (rehearsal.exit_code, "login_session" in rehearsal.stdout) == (0, True), rehearsal.output
    assert json.loads(erase(ben.email, "--dry-run", "--json").stdout)["changed"] is False
    assert auth.is_alive(ben.token)


def test_who_is_erased_is_logged_out_and_comes_back_neither_by_login_nor_by_a_purge(erase, people, auth, app, realm):
    ben = people.user("ben")
    done = erase(ben.email, "--yes", "--json")
    assert done.exit_code == 0, done.output
    assert not auth.is_alive(ben.token)
    assert auth.login(ben.email, PASSWORD).status_code in (401, 403)
    again = erase(ben.user_id, "--yes")
    assert (again.exit_code, "already" in again.stderr) == (0, True), again.output
    settle()
    run_job("purge-archived")
    settle()
    assert shown(app, realm, ben.user_id).exit_code == 1
    assert erase(ben.user_id, "--yes").exit_code == 1
    assert auth.register(ben.email).status_code == 201


def test_who_staff_deleted_is_erased_too(erase, people, app, realm):
    ben = people.user("ben")
    assert people.super_admin().delete(f"/{realm}/auth-api/v1/users/{ben.user_id}").status_code == 200
    assert erase(ben.user_id, "--yes").exit_code == 0
    run_job("purge-archived")
    assert shown(app, realm, ben.user_id).exit_code == 1


def test_the_audit_says_who_erased_whom_and_not_what_stood_there(erase, people, realm):
    ben = people.user("ben")
    erase(ben.email, "--yes")
    run_job("purge-archived")
    assert "person.erased" in [one["what"] for one in entries(realm)]
    assert [one for one in entries(realm) if ben.email in json.dumps(one, default=str)] == []

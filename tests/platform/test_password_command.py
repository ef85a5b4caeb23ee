"""`flask users password`: refusals first; then a new password, typed or made, and the letter that resets one."""
import json

import pytest
from sqlalchemy import select

from app.data.reads import fetch
from app.notify.models import MailMessage
from cli.security import security as security_group
from cli.users import users as users_group
from tests.clients import PASSWORD
from tests.flow import settle
from tests.platform.moderation.chains import entries

NEW, BOSS = "brand-new-horse-2", "admin@admin.com"


@pytest.fixture
def password(app, realm, people):
    """Run `flask users password ARGUMENTS` in the realm as the superAdmin; returns click's result."""
    people.super_admin()

    def run(*arguments, operator=BOSS, typed=None):
        runner = app.test_cli_runner(env={"GUILDHALL_OPERATOR": operator})
        return runner.invoke(users_group, ["password", *arguments, "--realm", realm], input=typed)
    return run


def letters(name):
    settle()
    return [letter.recipient for letter in fetch(select(MailMessage)) if letter.template == name]


def test_nobody_is_given_a_password_without_saying_who(password, people):
    ben = people.user("ben")
    assert password(ben.email, "--generate", "--yes", operator=None).exit_code == 2


def test_an_unknown_user_gets_no_password(password):
    refused = password("nobody@guildhall.test", "--generate", "--yes")
    assert (refused.exit_code, "has no active user" in refused.stderr) == (1, True)


def test_generate_and_send_are_two_ways(password, people):
    assert password(people.user("ben").email, "--generate", "--send", "--yes").exit_code == 2


def test_an_admin_gives_an_admin_no_password(password, people):
    ada, bob = people.admin("ada"), people.admin("bob")
    refused = password(bob.email, "--generate", "--yes", operator=ada.email)
    assert (refused.exit_code, "AHigherUserCantBeUpdated" in refused.stderr) == (1, True)
    refused = password(BOSS, "--generate", "--dry-run", operator=ada.email)
    assert (refused.exit_code, "AHigherUserCantBeUpdated" in refused.stderr) == (1, True)


@pytest.mark.parametrize("weak", ["short", "password1234", "Ben"])
def test_a_password_that_the_api_refuses_is_refused(password, people, auth, weak):
    ben = people.user("ben")
    refused = password(ben.email, "--yes", typed=f"{weak}\n{weak}\n")
    assert (refused.exit_code, "password: " in refused.stderr) == (1, True), refused.output
    assert auth.is_alive(ben.token)


def test_a_password_typed_differently_is_asked_for_again(password, people, auth):
    ben = people.user("ben")
    done = password(ben.email, "--yes", typed=f"{NEW}\nanother-horse-3\n{NEW}\n{NEW}\n")
    assert done.exit_code == 0, done.output
    assert auth.login(ben.email, NEW).status_code == 200


def test_a_dry_run_asks_for_no_password_and_changes_none(password, people, auth):
    ben = people.user("ben")
    done = password(ben.email, "--dry-run")
    assert (done.exit_code, "another password" in done.stderr) == (0, True), done.output
    assert auth.is_alive(ben.token)
    assert auth.login(ben.email, PASSWORD).status_code == 200


def test_a_typed_password_ends_every_session_and_is_never_printed(password, people, auth):
    ben = people.user("ben")
    done = password(ben.email, "--yes", "--json", typed=f"{NEW}\n{NEW}\n")
    assert done.exit_code == 0, done.output
    assert NEW not in done.output
    assert not auth.is_alive(ben.token)
    assert auth.login(ben.email, PASSWORD).status_code == 401
    assert auth.login(ben.email, NEW).status_code == 200


def test_a_made_password_is_printed_once_and_a_letter_says_that_it_was_replaced(password, people, auth, app, realm):
    ben = people.user("ben")
    printed = json.loads(password(ben.email, "--generate", "--yes", "--json").stdout)
    assert auth.login(ben.email, printed["password"]).status_code == 200
    assert letters("PASSWORDREPLACED") == [ben.email]
    kept = [repr(tuple(letter)) for letter in fetch(select(*MailMessage.__table__.columns))]
    assert not [one for one in kept if printed["password"] in one]


def test_the_log_of_security_and_the_audit_say_who_replaced_it(password, people, app, realm):
    ben = people.user("ben")
    password(ben.email, "--generate", "--yes")
    said = app.test_cli_runner().invoke(security_group, ["log", "--kind", "password", "--realm", realm, "--json"])
    [event] = json.loads(said.stdout)
    assert (event["user_id"], bool(event["operator"])) == (ben.user_id, True)
    assert [one["what"] for one in entries(realm) if one["by"]["operator"]] == ["rows.changed"]


def test_a_super_admin_who_has_forgotten_it_names_himself(password, auth):
    printed = json.loads(password(BOSS, "--generate", "--yes", "--json").stdout)
    assert auth.login(BOSS, printed["password"]).status_code == 200


def test_send_brings_the_letter_that_resets_it_and_changes_nothing_else(password, people, auth, realm):
    ben = people.user("ben")
    assert password(ben.email, "--send", "--dry-run").exit_code == 0
    assert letters("RESETPASSWORD") == []
    done = password(ben.email, "--send", "--yes")
    assert done.exit_code == 0, done.output
    assert letters("RESETPASSWORD") == [ben.email]
    assert auth.is_alive(ben.token)
    assert "password.reset-letter" in [one["what"] for one in entries(realm)]
    again = password(ben.email, "--send", "--yes")
    assert (again.exit_code, "CodeSpamError" in again.stderr) == (1, True)


def test_a_locked_user_is_sent_no_letter(password, people, app, realm):
    ben = people.user("ben")
    app.test_cli_runner().invoke(users_group, ["lock", ben.email, "--realm", realm, "--as", BOSS, "--yes"])
    refused = password(ben.email, "--send", "--yes")
    assert (refused.exit_code, "is locked" in refused.stderr) == (1, True)

"""`flask users` and `flask auth`: the operator's hands on accounts and keys."""
import getpass
import json

import pytest

from app.data.connections import transaction
from app.identity.authentication import identity
from app.identity.roles import SUPER_ADMIN_ID
from blueprints.platform.moderation import rehearsals
from cli.auth import auth as auth_group
from cli.terminal import TABLE_COLUMNS
from cli.users import users as users_group
from tests.clients import PASSWORD
from tests.platform.driver import is_refusal
from tests.platform.moderation.chains import entries


@pytest.fixture
def flask_users(app, realm):
    """Run `flask users ARGUMENTS` in the realm; returns click's result."""
    def run(*arguments, realm=realm, operator="admin@admin.com", **options):
        of_realm = () if "ensure-super-admin" in arguments else ("--realm", realm)
        runner = app.test_cli_runner(env={"GUILDHALL_OPERATOR": operator})
        return runner.invoke(users_group, [*arguments, *of_realm], **options)
    return run


@pytest.fixture
def flask_auth(app):
    return lambda *arguments: app.test_cli_runner().invoke(auth_group, list(arguments))


def role_of(auth, people, user_id):
    return auth.call("GET", f"/v1/users/{user_id}", token=people.super_admin().token).json["user"]["roleId"]


@pytest.mark.parametrize("arguments", [("no-email",), ("a@example.com", "--password", "short"),
                                       ("a@example.com", "--role", "superAdmin")])
def test_what_the_api_would_refuse_is_wrong_usage(flask_users, arguments):
    assert flask_users("create", *arguments, "--fullname", "A", "--yes").exit_code == 2


def test_a_created_user_logs_in_with_the_password_printed_once(auth, flask_users):
    result = flask_users("create", "Anna@Example.com", "--fullname", "Anna", "--role", "admin", "--verified", "--yes",
                         "--json")
    printed = json.loads(result.stdout)
    assert (result.exit_code, printed["email"], printed["roleId"]) == (0, "anna@example.com", "admin")
    assert auth.login("anna@example.com", printed["password"]).json["roleId"] == "admin"


def test_a_taken_email_is_a_refusal_with_exit_code_1(flask_users, people):
    result = flask_users("create", people.user().email, "--fullname", "Again", "--yes")
    assert result.exit_code == 1
    assert "EmailAlreadyExists" in result.stderr


def test_a_dry_run_says_what_it_would_do_and_does_nothing(auth, people, flask_users):
    one = people.user("u1")
    for arguments in (("create", "new@example.com", "--fullname", "New"), ("role", one.email, "admin"),
                      ("lock", one.email)):
        result = flask_users(*arguments, "--dry-run")
        assert result.exit_code == 0
        assert "dry run" in result.stderr
    assert role_of(auth, people, one.user_id) == "user"
    assert auth.is_alive(one.token)
    assert auth.register("new@example.com").status_code == 201


def test_a_no_changes_nothing(auth, people, flask_users):
    one = people.user("u1")
    assert flask_users("role", one.email, "admin", input="n\n").exit_code == 1
    assert role_of(auth, people, one.user_id) == "user"


def test_a_role_given_at_the_console_counts_in_open_sessions_at_once(auth, people, flask_users):
    one = people.user("u1")
    assert flask_users("role", one.user_id, "admin", "--yes").exit_code == 0
    assert auth.current_user(one.token).json["roleId"] == "admin"
    again = flask_users("role", one.user_id, "admin", "--json")
    assert json.loads(again.stdout) == {"changed": False, "reason": "U1 (u…@guildhall.test) is admin already"}


CHANGES = (("role", "ben@guildhall.test", "admin"), ("lock", "ben@guildhall.test"), ("verify", "ben@guildhall.test"),
           ("2fa", "user", "email"), ("password", "ben@guildhall.test", "--generate"))


@pytest.mark.parametrize("arguments", CHANGES, ids=lambda words: words[0])
def test_nobody_changes_an_account_without_saying_who(flask_users, people, arguments):
    people.user("ben", email_verified=False)
    refused = flask_users(*arguments, "--yes", operator=None)
    assert (refused.exit_code, "GUILDHALL_OPERATOR" in refused.stderr) == (2, True), refused.output
    assert flask_users(*arguments, "--yes", operator="ben@guildhall.test").exit_code == 1


@pytest.mark.parametrize("arguments", CHANGES, ids=lambda words: words[0])
def test_m_13_the_audit_says_who_changed_it_and_as_whom_of_the_operating_system(flask_users, people, realm, arguments):
    people.user("ben", email_verified=False)
    boss = people.super_admin()
    done = flask_users(*arguments, "--yes", operator=boss.email)
    assert done.exit_code == 0, done.output
    [entry] = [one for one in entries(realm) if one["by"]["operator"] == getpass.getuser()]
    assert entry["by"]["userId"] == boss.user_id
    assert entry["what"] == ("second-factor.of-role" if arguments[0] == "2fa" else "rows.changed")


def test_an_admin_makes_no_admin_and_asks_none_for_a_second_factor(flask_users, people):
    people.user("ben"), people.admin("ada")
    for arguments in (("role", "ben@guildhall.test", "admin"), ("2fa", "admin", "email")):
        refused = flask_users(*arguments, "--yes", operator="ada@guildhall.test")
        assert (refused.exit_code, "AHigher" in refused.stderr) == (1, True), refused.output


def test_the_super_admin_is_not_unmade_even_by_the_operator(flask_users):
    for arguments in (("role", SUPER_ADMIN_ID, "user"), ("lock", SUPER_ADMIN_ID)):
        assert flask_users(*arguments, "--yes").exit_code == 1


def test_nobody_is_found_under_a_name_nobody_has(flask_users):
    result = flask_users("verify", "nobody@example.com", "--yes")
    assert (result.exit_code, "no active user" in result.stderr) == (1, True)


def test_a_verified_user_may_log_in(auth, flask_users):
    auth.register()
    assert flask_users("verify", "anna@example.com", "--yes").exit_code == 0
    assert auth.login().status_code == 200


def test_a_locked_user_is_out_until_the_lock_ends_or_is_undone(auth, people, flask_users):
    from app.clock import moved_clock

    one = people.user("u1")
    assert flask_users("lock", one.email, "--days", "7", "--yes").exit_code == 0
    assert not auth.is_alive(one.token)
    assert is_refusal(auth.login(one.email, "wrong-horse-1"), 401)
    assert is_refusal(auth.login(one.email, PASSWORD), 403, "AccountLocked")
    with moved_clock(days=8):
        assert auth.login(one.email, PASSWORD).status_code == 200
    assert flask_users("lock", one.email, "--undo", "--yes").exit_code == 0
    assert auth.login(one.email, PASSWORD).status_code == 200
    assert "not locked" in flask_users("lock", one.email, "--undo").stderr


def test_m_11_a_lock_is_no_strike_as_a_suspension_is(people, realm, flask_users):
    one, admin, moderation = people.user("u1"), people.admin(), f"/{realm}/adminmoderation-api/v1"
    assert flask_users("lock", one.email, "--days", "7", "--yes").exit_code == 0

    def struck():
        return [row["actKind"] for row in admin.get(f"{moderation}/strikes?userId={one.user_id}").json["strikes"]]

    assert (struck(), admin.get(f"{moderation}/cases").json["moderationCases"]) == ([], [])
    suspension = {"kind": "SUSPEND", "entityType": "USER", "entityId": one.user_id, "days": 7, "reason": "fakes"}
    assert admin.post(f"{moderation}/acts", json=suspension).status_code == 201
    assert struck() == ["SUSPEND"]


def test_the_list_is_searched_and_printed_as_json(people, flask_users):
    one = people.user("u1", fullname="Una One")
    people.user("u2")
    found = json.loads(flask_users("list", "--search", "una", "--json").stdout)
    assert [(row["id"], row["fullname"], row["email"]) for row in found] == [
        (one.user_id, "Una One", "u…@guildhall.test")]
    assert "u…@guildhall.test" in flask_users("list").stdout


def test_a_list_shows_whole_addresses_to_staff_who_say_who_they_are_and_the_audit_keeps_it(people, flask_users, realm):
    one, boss = people.user("u1"), people.super_admin()
    assert "u1@guildhall.test" not in flask_users("list").output
    refused = flask_users("list", "--reveal", operator=None)
    assert (refused.exit_code, "GUILDHALL_OPERATOR" in refused.stderr) == (2, True), refused.output
    assert flask_users("list", "--reveal", operator=one.email).exit_code == 1
    assert entries(realm) == []
    shown = flask_users("list", "--search", "u1", "--reveal", operator=boss.email)
    assert "u1@guildhall.test" in shown.stdout
    [entry] = entries(realm)
    assert (entry["what"], entry["by"]["userId"]) == ("contacts.revealed", boss.user_id)
    assert entry["facts"]["userIds"] == [one.user_id]


def test_who_is_named_by_an_id_keeps_the_address(people, flask_users):
    one = people.user("u1", email_verified=False)
    for words in (("verify", one.user_id), ("role", one.user_id, "admin"), ("lock", one.user_id)):
        done = flask_users(*words, "--yes")
        assert (done.exit_code, one.email in done.output) == (0, False), done.output


def test_an_import_creates_the_new_leaves_the_known_and_names_the_refused(auth, people, flask_users, tmp_path):
    people.user("u1")
    file = tmp_path / "people.csv"
    file.write_text("email,fullname,password,role,verified\n"
                    f"ben@example.com,Ben,{PASSWORD},admin,yes\n"
                    "cleo@example.com,Cleo,,,\n"
                    "u1@guildhall.test,U1,,,\n"
                    "no-email,Nobody,,,\n"
                    "dora@example.com,Dora,short,,\n"
                    "ed@example.com,Ed,,superAdmin,\n")
    dry = flask_users("import", str(file), "--dry-run", "--json")
    assert auth.login("ben@example.com").status_code == 401
    result = flask_users("import", str(file), "--yes", "--json")
    outcomes = [[row["outcome"] for row in json.loads(run.stdout)] for run in (dry, result)]
    assert outcomes == [["new", "new", "exists", "refused", "refused", "refused"],
                        ["created", "created", "exists", "refused", "refused", "refused"]]
    assert (dry.exit_code, result.exit_code) == (1, 1)
    assert auth.login("ben@example.com").json["roleId"] == "admin"
    again = flask_users("import", str(file), "--yes", "--json")
    assert [row["outcome"] for row in json.loads(again.stdout)][:3] == ["exists"] * 3
    file.write_text(f"email,fullname,role\n{'e' * 60}@example.com,Ed,superAdmin\n{'f' * 90}\n")
    table = flask_users("import", str(file), "--dry-run").stdout
    assert ("role: expected one of" in table, max(map(len, table.splitlines())) <= TABLE_COLUMNS) == (True, True), table


def test_others_write_between_two_rows_of_an_import_that_are_rehearsed(flask_users, tmp_path, monkeypatch):
    open_then = []
    monkeypatch.setattr(rehearsals, "yield_write_lock", lambda: open_then.append(transaction.get()))
    file = tmp_path / "people.csv"
    file.write_text("email,fullname\nann@example.com,Ann\nben@example.com,Ben\n")
    assert flask_users("import", str(file), "--dry-run").exit_code == 0
    assert open_then == [None] * 2


def test_an_e_mail_that_stands_twice_in_a_file_is_created_once_and_a_dry_run_says_so(flask_users, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("email,fullname\nann@example.com,Ann\nAnn@example.com,Ann\n")
    for how, outcome in (("--dry-run", "new"), ("--yes", "created")):
        result = flask_users("import", str(file), how, "--json")
        assert [(row["outcome"], row["reason"]) for row in json.loads(result.stdout)] == [
            (outcome, None), ("refused", "email: stands in line 2, too")]
        assert result.exit_code == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_people_come_in_from_a_spreadsheet(flask_users, tmp_path, encoding):
    file = tmp_path / "people.csv"
    file.write_text("Email;Fullname;role\nada@example.com;Ada Müller;admin\nbo@example.com;Bo;;user\n",
                    encoding=encoding)
    result = flask_users("import", str(file), "--yes", "--json")
    assert [(row["line"], row["email"], row["outcome"]) for row in json.loads(result.stdout)] == [
        (2, "ada@example.com", "created"), (3, "bo@example.com", "refused")]
    assert result.exit_code == 1
    assert "users created: 1" in result.stderr
    assert "Ada Müller" in flask_users("list").stdout


def test_columns_that_are_missing_are_told_with_those_that_were_seen(flask_users, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("mail;name\nada@example.com;Ada\n")
    result = flask_users("import", str(file), "--yes")
    assert "Expected are email, fullname; seen, with semicolons between them, are mail, name" in result.stderr
    file.write_text("email^fullname\nada@example.com^Ada\n")
    assert flask_users("import", str(file), "--yes").exit_code == 1
    assert flask_users("import", str(file), "--delimiter", "^", "--yes").exit_code == 0


@pytest.mark.parametrize("content", [b"name\nAnna\n", b"\xff\xfe\x00", b"email,fullname,email\na@b.example,A,\n"])
def test_a_file_that_is_no_list_of_users_is_refused_whole(flask_users, tmp_path, content):
    file = tmp_path / "people.csv"
    file.write_bytes(content)
    assert flask_users("import", str(file), "--yes").exit_code == 1


def test_the_super_admin_is_created_once(flask_users):
    assert "every realm has" in flask_users("ensure-super-admin", "--yes").stderr


def test_keys_rotate_at_the_console(auth, people, flask_auth):
    one = people.user("u1")
    before = identity().keys.current(auth.realm).key_id
    assert flask_auth("rotate-keys", "--dry-run").exit_code == 0
    assert identity().keys.current(auth.realm).key_id == before
    rows = json.loads(flask_auth("rotate-keys", "--realm", auth.realm, "--yes", "--json").stdout)
    assert [row["realm"] for row in rows] == [auth.realm]
    assert auth.call("GET", "/publickey").json["keyId"] == rows[0]["keyId"] != before
    assert auth.is_alive(one.token)
    assert "not due" in flask_auth("rotate-keys", "--due", "--yes").stdout
    flask_auth("rotate-keys", "--revoke-old", "--yes")
    assert not auth.is_alive(one.token)


@pytest.mark.parametrize("command", sorted(users_group.commands))
def test_every_command_shows_an_example(flask_users, command):
    text = flask_users(command, "--help").stdout
    assert f"flask users {command}" in text

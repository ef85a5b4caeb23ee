"""`flask users export`: refusals first; then what the zip has, and what it leaves behind."""
import json
import zipfile

import pytest

from app.data.person_rows import Exported, PersonTables
from app.identity.bucket_tokens import private_bucket
from app.runtime import runtime
from app.settings import REALM_CODENAMES
from blueprints.platform.bucket.commands import Upload, store_files
from cli.security import security as security_group
from cli.users import users as users_group
from tests.platform.moderation.chains import entries

BOSS = "admin@admin.com"


@pytest.fixture
def export(app, realm, people, tmp_path):
    """Run `flask users export USER` in the realm as the superAdmin; returns click's result."""
    people.super_admin()

    def run(user, *arguments, operator=BOSS, file=tmp_path / "person.zip"):
        runner = app.test_cli_runner(env={"GUILDHALL_OPERATOR": operator})
        return runner.invoke(users_group, ["export", user, "--to", str(file), "--realm", realm, *arguments])
    return run


def test_every_table_that_names_people_is_exported_or_says_why_not(app):
    assert [rows.model.__tablename__ for rows in runtime().part(PersonTables) if not rows.export] == []


def test_each_table_has_a_file_of_its_own_in_the_export(app):
    for realm in REALM_CODENAMES:
        names = [rows.export.name for rows in runtime().part(PersonTables) if isinstance(rows.export, Exported)
                 and getattr(rows.model, "__realm__", realm) == realm]
        assert len(names) == len(set(names))


def test_an_unknown_user_has_no_export(export):
    refused = export("nobody@guildhall.test", "--yes")
    assert (refused.exit_code, "has no user" in refused.stderr) == (1, True)


def test_nobody_exports_a_person_without_saying_who(export, people):
    assert export(people.user("ben").email, "--yes", operator=None).exit_code == 2


def test_an_admin_exports_nobody(export, people, tmp_path):
    refused = export(people.user("ben").email, "--yes", operator=people.admin().email)
    assert (refused.exit_code, list(tmp_path.iterdir())) == (1, [])


def test_a_file_that_is_there_is_not_written_over(export, people, tmp_path):
    (tmp_path / "person.zip").write_text("mine")
    refused = export(people.user("ben").email, "--yes")
    assert (refused.exit_code, "exists" in refused.stderr) == (1, True)
    assert (tmp_path / "person.zip").read_text() == "mine"


def test_a_folder_that_is_not_there_is_said(export, people, tmp_path):
    refused = export(people.user("ben").email, "--yes", file=tmp_path / "nowhere" / "person.zip")
    assert (refused.exit_code, "could not be written" in refused.stderr) == (1, True), refused.output


def test_a_dry_run_writes_nothing(export, people, tmp_path):
    assert export(people.user("ben").email, "--dry-run").exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_an_export_has_the_account_and_the_files_and_neither_hash_nor_strangers(export, people, realm, tmp_path):
    ben, eve = people.user("ben"), people.user("eve")
    store_files(ben.actor, private_bucket(ben.user_id), [Upload("../my résumé.txt", b"Xq7 my words", "text/plain")])
    done = export(ben.email, "--yes", "--json")
    assert done.exit_code == 0, done.output
    file = tmp_path / "person.zip"
    assert json.loads(done.stdout) | {"account": 1, "media": 1} == json.loads(done.stdout)
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    [account] = json.loads(texts["account.json"])
    assert (account["id"], account["email"], account["fullname"]) == (ben.user_id, ben.email, "Ben")
    [kept] = [name for name in texts if name.startswith("media/")]
    assert texts[kept] == "Xq7 my words"
    assert "/" not in kept.removeprefix("media/")
    assert "       1  account" in texts["README.txt"]
    for name, text in texts.items():
        assert not [word for word in ("argon2", eve.user_id, eve.email) if word in text], name


def test_an_export_leaves_a_security_event_and_an_entry_of_the_audit(export, people, realm, app):
    ben = people.user("ben")
    export(ben.email, "--yes")
    said = app.test_cli_runner().invoke(security_group, ["log", "--kind", "account", "--realm", realm, "--json"])
    assert [one["user_id"] for one in json.loads(said.stdout) if one["detail"] == {"exported": True}] == [ben.user_id]
    assert "person.exported" in [one["what"] for one in entries(realm)]

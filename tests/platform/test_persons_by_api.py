"""A person's own export and end by the API: refusals first."""
import json
from contextlib import contextmanager
from io import BytesIO
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from app.clock import moved_clock
from app.data.reads import fetch
from app.jobs.worker import run_job
from app.media.store import MediaMissing, media_store
from app.notify.models import MailMessage
from app.runtime import runtime
from blueprints.platform.auth import export_requests
from blueprints.platform.auth.export_models import PersonExport
from blueprints.platform.auth.jobs import make_exports
from tests.clients import PASSWORD, ApiClient
from tests.flow import settle


@pytest.fixture
def ben(people):
    return people.user("ben")


def ask(realm, person):
    return person.post(f"/{realm}/auth-api/v1/personexports")


def exports(realm, person):
    return person.get(f"/{realm}/auth-api/v1/personexports").json["personExports"]


def path_of(export):
    return export["downloadUrl"].removeprefix(runtime().settings.public_url)


def made(realm, person):
    """Ask for an export, have it made, and return it as the list shows it."""
    assert ask(realm, person).status_code == 201
    run_job("make-exports")
    [export] = exports(realm, person)
    return export


def erase(realm, person, password=PASSWORD):
    return person.post(f"/{realm}/auth-api/v1/erasures", json={"currentPassword": password})


def test_a_visitor_asks_for_no_export_and_no_end(client, realm):
    assert ask(realm, client).status_code == 401
    assert client.get(f"/{realm}/auth-api/v1/personexports").status_code == 401
    assert erase(realm, client).status_code == 401


def test_an_export_is_read_by_its_person_alone_and_with_its_token(realm, ben, people, client):
    path = path_of(made(realm, ben))
    for reader, asked in ((client, path.partition("?")[0]), (client, path + "x"), (people.user("eve"), path)):
        assert reader.get(asked).status_code == 401
    assert exports(realm, people.user("cleo")) == []


def test_a_token_opens_nothing_after_minutes_or_after_the_logout(realm, ben, client):
    path = path_of(made(realm, ben))
    with moved_clock(seconds=runtime().settings.file_token_seconds + 1):
        assert client.get(path).status_code == 401
    with client.get(path) as answer:
        assert answer.status_code == 200
    ben.post(f"/{realm}/auth-api/logout")
    assert client.get(path).status_code == 401


def test_an_export_that_no_uuid_names_is_unknown(realm, client):
    assert client.get(f"/{realm}/auth-api/personexport/nothing?token=a.b.c.d").status_code == 401


def test_a_fourth_export_within_a_day_is_throttled(realm, ben):
    for _ in range(3):
        assert ask(realm, ben).status_code == 201
        run_job("make-exports")
    refused = ask(realm, ben)
    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True), refused.text


def test_who_asks_twice_waits_for_one_export(realm, ben):
    assert ask(realm, ben).json["personExport"]["id"] == ask(realm, ben).json["personExport"]["id"]
    assert [one["state"] for one in exports(realm, ben)] == ["waiting"]


def test_an_export_is_made_by_a_worker_told_by_letter_and_read_with_its_address(realm, ben, client):
    export = made(realm, ben)
    settle()
    assert [one.recipient for one in fetch(select(MailMessage)) if one.template == "EXPORTREADY"] == [ben.email]
    with client.get(path_of(export)) as answer:
        assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (
            200, "application/zip", "no-store")
        content = answer.data
    assert len(content) == export["size"]
    with ZipFile(BytesIO(content)) as archive:
        assert json.loads(archive.read("account.json"))[0]["email"] == ben.email


def test_an_export_ends_after_a_week_with_its_bytes(realm, ben):
    made(realm, ben)
    [row] = fetch(select(PersonExport.storage_name))
    with moved_clock(days=7, seconds=1):
        run_job("purge-exports")
        assert fetch(select(PersonExport.id)) == []
    with pytest.raises(MediaMissing):
        media_store().get(row.storage_name)


def test_what_a_killed_worker_left_of_an_export_is_removed_after_its_lease(app):
    home = runtime().settings.home
    draft, link, note = home / "export-abcd1234.zip", home / "export-link.zip", home / "export-notes.txt"
    draft.write_bytes(b"all of a person")
    note.touch()
    link.symlink_to(note)
    try:
        run_job("make-exports")
        assert draft.exists()
        with moved_clock(hours=1, seconds=1):
            run_job("make-exports")
        assert (draft.exists(), link.is_symlink(), note.exists()) == (False, True, True)
    finally:
        for path in (draft, link, note):
            path.unlink(missing_ok=True)


@pytest.fixture
def no_space(monkeypatch):
    """Call it, and no export can be written until the context ends."""
    def fail(*_):
        raise OSError("no space left")

    @contextmanager
    def full():
        with monkeypatch.context() as patched:
            patched.setattr(export_requests, "write_export", fail)
            yield

    return full


def test_an_export_that_fails_is_tried_again(realm, ben, no_space):
    ask(realm, ben)
    with no_space():
        assert make_exports() == "0 exports made, 1 failed"
    assert [one["state"] for one in exports(realm, ben)] == ["waiting"]
    with moved_clock(minutes=10):
        assert make_exports() == "1 exports made, 0 failed"
    assert [one["state"] for one in exports(realm, ben)] == ["ready"]


def test_an_export_that_fails_again_and_again_is_given_up_in_the_end(realm, ben, no_space):
    ask(realm, ben)
    with no_space():
        for hours in range(4):
            with moved_clock(hours=2 * hours):
                run_job("make-exports")
        assert [one["state"] for one in exports(realm, ben)] == ["waiting"]
        with moved_clock(hours=8):
            run_job("make-exports")
    assert [(one["state"], one["downloadUrl"]) for one in exports(realm, ben)] == [("failed", None)]
    with moved_clock(hours=10):
        assert make_exports() == "0 exports made, 0 failed"
    assert ask(realm, ben).status_code == 201


@pytest.mark.parametrize("body", [{}, {"currentPassword": ""}])
def test_nobody_ends_an_account_without_the_password(realm, ben, auth, body):
    assert ben.post(f"/{realm}/auth-api/v1/erasures", json=body).status_code == 400
    assert auth.is_alive(ben.token)


def test_nobody_ends_an_account_with_a_wrong_password(realm, ben, auth):
    refused = erase(realm, ben, "wrong-horse-9")
    assert (refused.status_code, refused.json["errCode"]) == (403, "CurrentPasswordNeeded")
    assert auth.is_alive(ben.token)


def test_the_super_admin_does_not_end_by_the_api(realm, people):
    refused = erase(realm, people.super_admin(), "superadmin-test-1")
    assert (refused.status_code, refused.json["errCode"]) == (400, "SuperAdminCantBeErased"), refused.text


def test_who_has_a_waiting_case_does_not_end_by_the_api(realm, ben, people, auth):
    people.user("eve").post(f"/{realm}/adminmoderation-api/v1/reports", json={
        "entityType": "USER", "entityId": ben.user_id, "reason": "FRAUD", "text": "he never pays"})
    refused = erase(realm, ben)
    assert (refused.status_code, refused.json["errCode"]) == (400, "PersonIsOwedTo")
    assert "staff have a case about this person to close" in refused.json["message"]
    assert auth.is_alive(ben.token)


def test_who_ends_the_account_is_logged_out_and_gone_with_the_exports(realm, ben, auth):
    made(realm, ben)
    [row] = fetch(select(PersonExport.storage_name))
    assert erase(realm, ben).status_code == 201
    assert not auth.is_alive(ben.token)
    settle()
    run_job("purge-archived")
    settle()
    assert fetch(select(PersonExport.id)) == []
    with pytest.raises(MediaMissing):
        media_store().get(row.storage_name)
    assert ApiClient(auth.app, token=ben.token).get(f"/{realm}/auth-api/currentuser").status_code == 401
    assert auth.register(ben.email).status_code == 201

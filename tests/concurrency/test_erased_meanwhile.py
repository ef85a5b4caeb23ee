"""A person is erased while something of theirs is under way: whoever is later, nothing of it stays (decision 099)."""
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from app.actor import Actor
from app.clock import moved_clock
from app.data.person_rows import ERASED, PersonTables
from app.data.reads import fetch
from app.http import idempotency
from app.jobs.worker import run_job
from app.media.store import MediaMissing, media_store
from app.payments import cards
from app.runtime import runtime
from blueprints.platform.auth import export_requests
from blueprints.platform.auth.export_models import PersonExport
from blueprints.platform.auth.jobs import make_exports
from blueprints.platform.auth.person_commands import erase_account
from blueprints.platform.auth.rules import STRAGGLERS
from blueprints.platform.bucket.models import BucketFile
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.app.payments.stand_in import VISA
from tests.clients import ApiClient
from tests.concurrency.test_people_leaving import halted
from tests.concurrency.together import together
from tests.platform.test_people_forgotten import places_of

# ruff: noqa: F811 - that is how pytest hands fixtures over
ROOT = "/marketplace"


def purge(user_id, settle):
    """Erase a person and let the workers do what they owe."""
    assert erase_account(Actor("marketplace", role="system", operator="root"), user_id)
    run_job("purge-archived")
    settle()


def upload(person):
    session = person.get(f"{ROOT}/auth-api/currentuser").json
    uploader = ApiClient(person._client.application, token=session["userBucketToken"])
    return uploader.post(f"{ROOT}/bucket/upload", data={
        "bucketId": f"{person.user_id}-public-user-bucket",
        "files": FileStorage(BytesIO(b"My diary"), "diary.txt", content_type="text/plain")})


def post(path, **body):
    return lambda person, mate: person.post(ROOT + path, json=body)


LET_IN = (idempotency, "claim_key")
# What is asked for, and where it stands when its person goes: let in, or behind the gateway's answer.
REQUESTS: dict[str, tuple[Any, Any]] = {
    "a public file": (LET_IN, lambda person, mate: upload(person)),
    "a card": ((cards, "_store"), post("/ordermanagement-api/payment-methods/add", paymentMethodId=VISA)),
    "a report": (LET_IN, lambda person, mate: post("/adminmoderation-api/v1/reports", entityType="USER",
                                                   entityId=mate.user_id, reason="SPAM")(person, mate)),
    "a device": (LET_IN, post("/notification-service/devices/register", device={
        "notificationToken": "t" * 40, "platform": "android"})),
    "a webhook": (LET_IN, lambda person, mate: post(
        "/webhooks-api/v1/webhookendpoints", url="https://hooks.example/in", topics=[f"user/{mate.user_id}"])(
            person, mate)),
}


@pytest.mark.parametrize(("place", "act"), REQUESTS.values(), ids=REQUESTS)
def test_what_a_request_under_way_writes_of_who_is_erased_is_forgotten_an_hour_later(
        paying_app, callers, settle, monkeypatch, place, act):
    person, mate = callers.user("ben"), callers.user("cleo")
    with halted(monkeypatch, *place, lambda: together(paying_app, lambda: purge(person.user_id, settle))):
        answer = act(person, mate)
    assert answer.status_code in (200, 201), answer.text
    names = [row.storage_name for row in fetch(select(BucketFile.storage_name))]
    with moved_clock(seconds=STRAGGLERS.total_seconds() + 60):
        settle()
    erased = {rows.model.__tablename__ for rows in runtime().part(PersonTables) if rows.fate == ERASED}
    nameless = erased | {"bucket_file", "moderation_report", "security_event"}
    assert {place for place in places_of(person.user_id) if place[0] in nameless} == set()
    for name in names:
        with pytest.raises(MediaMissing):
            media_store().get(name)


def test_an_export_that_is_made_while_its_person_is_forgotten_leaves_no_bytes(app, callers, settle, monkeypatch):
    person = callers.user("ben")
    assert person.post(f"{ROOT}/auth-api/v1/personexports").status_code == 201
    remove, made = export_requests._remove_bytes, []

    def remove_first(rows):
        """The bytes are looked for while the export is still being written."""
        remove(rows)
        if not made:
            made.append(None)
            together(app, make_exports)

    monkeypatch.setattr(export_requests, "_remove_bytes", remove_first)
    monkeypatch.setattr(export_requests, "write_export", lambda realm, user_id, file: file.write(b"My diary"))
    [row] = fetch(select(PersonExport.storage_name))
    purge(person.user_id, settle)
    assert made
    assert fetch(select(PersonExport.id)) == []
    with pytest.raises(MediaMissing):
        media_store().get(row.storage_name)

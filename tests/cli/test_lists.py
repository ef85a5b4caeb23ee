"""What lists and finds in the groups that serve the system itself: outbox, uploaded files, jobs, keys, letters."""
import json
from dataclasses import replace

import pytest
from sqlalchemy import insert

from app.actor import system_actor
from app.clock import moved_clock, now
from app.data.changes import OutboxRecord
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.events.event_delivery import DONE, PARKED, PENDING, EventDelivery
from app.identity.authentication import identity
from app.identity.bucket_tokens import private_bucket, user_bucket
from app.jobs.schedule import Schedule, jobs
from app.jobs.worker import run_job
from app.runtime import runtime
from blueprints.marketplace.category_management.commands import create_category
from blueprints.platform.bucket.commands import Upload, store_files
from blueprints.platform.bucket.models import REFUSED, BucketFile
from cli.terminal import TABLE_COLUMNS
from tests.cli.market import PRODUCTS

CATEGORY_CREATED = "ebaycclone-categorymanagement-service-dbevent-category-created"
SECRET_TITLE = "Xq7 of what is in it"


def facts(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def fits(result):
    assert result.exit_code == 0, result.output
    assert max(len(line) for line in result.stdout.splitlines()) <= TABLE_COLUMNS, result.stdout
    return result.stdout


@pytest.fixture
def records(app, settle):
    """Two records of categories; returns their numbers, the older first."""
    settle()
    before = fetch(OutboxRecord.__table__.select())
    for title in (SECRET_TITLE, "Watches"):
        create_category(system_actor("marketplace"), title=title)
    known = {row.id for row in before}
    numbers = sorted(row.id for row in fetch(OutboxRecord.__table__.select()) if row.id not in known)
    assert len(numbers) == 2
    return numbers


def deliver(number, status, error=None):
    with unit_of_work(system_actor("marketplace")) as work:
        work.execute(insert(EventDelivery).values(
            record_id=number, topic=CATEGORY_CREATED, subscriber="notifications.mail", status=status, attempts=8,
            next_attempt_at=now(), last_error=error))
        work.commit()


def numbers_of(run, *words):
    return [one["number"] for one in facts(run("events", "list", "--json", *words))]


# The outbox

def test_a_record_that_is_not_there_and_a_state_that_is_none_are_refused(run, app):
    refused = run("events", "show", "999999")
    assert (refused.exit_code, "no record 999999" in refused.stderr) == (1, True)
    assert run("events", "show", "0").exit_code == 2
    assert run("events", "list", "--state", "gone").exit_code == 2
    assert "no records" in run("events", "list", "--topic", "nobody-sends-this").stdout


def test_a_long_key_leaves_the_event_its_room(run, app):
    with unit_of_work(system_actor("marketplace")) as work:
        work.emit(CATEGORY_CREATED, "an-address-of-somebody@guildhall.test", {})
        work.commit()
    assert CATEGORY_CREATED[:30] in fits(run("events", "list", "--limit", "1"))


def test_records_are_listed_the_newest_first_without_what_is_in_them(run, records, settle):
    assert numbers_of(run, "--limit", "2") == [*reversed(records)]
    assert {one["state"] for one in facts(run("events", "list", "--limit", "2", "--json"))} == {"waiting"}
    assert SECRET_TITLE not in fits(run("events", "list"))
    assert SECRET_TITLE not in run("events", "list", "--json").stdout
    settle()
    assert {one["state"] for one in facts(run("events", "list", "--limit", "2", "--json"))} == {"done"}


def test_records_are_found_by_the_topic_of_any_of_their_events(run, records):
    [one] = facts(run("events", "list", "--limit", "1", "--json"))
    for topic in one["topics"]:
        assert numbers_of(run, "--topic", topic) == [*reversed(records)]
        assert numbers_of(run, "--topic", topic, "--state", "waiting") == [*reversed(records)]


def test_records_are_found_by_how_far_they_are(run, records, settle):
    older, newer = records
    assert numbers_of(run, "--state", "waiting") == [newer, older]
    settle()
    assert numbers_of(run, "--state", "waiting") == []
    deliver(older, PARKED)
    deliver(newer, PENDING)
    assert numbers_of(run, "--state", "parked", "--topic", CATEGORY_CREATED) == numbers_of(
        run, "--state", "parked") == [older]
    assert numbers_of(run, "--state", "owed") == [newer]
    assert numbers_of(run, "--state", "owed", "--topic", "another") == []


def test_a_record_is_shown_with_its_events_and_what_became_of_them(run, records, settle):
    settle()
    deliver(records[0], PARKED, "SMTPError: <ben@example.com> is unknown")
    shown = run("events", "show", str(records[0]))
    for part in (CATEGORY_CREATED[:30], "parked", "b…@example.com", "category created"):
        assert part in fits(shown)
    found = facts(run("events", "show", str(records[0]), "--json"))
    assert (found["state"], found["changed"]) == ("parked", [])
    assert {one["topic"] for one in found["events"]} == {*found["topics"]}
    assert SECRET_TITLE not in shown.stdout + json.dumps(found)


def test_of_an_update_the_names_of_what_it_changed_are_shown(run, market):
    assert market.sara.patch(f"{PRODUCTS}/{market.listed()}", json={"title": SECRET_TITLE}).status_code == 200
    updates = [one for one in facts(run("events", "list", "--json")) if one["event"] == "productlistingproduct updated"]
    found = facts(run("events", "show", str(updates[0]["number"]), "--json"))
    assert "title" in found["changed"]
    assert SECRET_TITLE not in json.dumps(found)


# Files

@pytest.fixture
def files(callers):
    """A public and a private file of Ina, a public one of Joe; returns name → id."""
    ina, joe = callers.user("ina"), callers.user("joe")
    stored = {}
    for person, bucket, name in ((ina, user_bucket, "clock.txt"), (ina, private_bucket, "Xq7 passport.txt"),
                                 (joe, user_bucket, "watch.txt")):
        [made] = store_files(person.actor, bucket(person.user_id), [Upload(name, b"words", "text/plain")])
        stored[name] = made["fileId"]
    return stored


def ids_of(run, *words):
    return [one["id"] for one in facts(run("media", *words, "--json"))]


def test_files_of_nobody_and_a_file_that_is_not_there_are_refused(run, app):
    assert run("media", "list", "--owner", "nobody@guildhall.test").exit_code == 1
    assert run("media", "list", "--owner", "a@b.example", "--bucket", "b").exit_code == 2
    assert run("media", "list", "--state", "gone").exit_code == 2
    for bucket in ("deadbeef", "deadbeef-private", "-pu", "%"):
        refused = run("media", "list", "--bucket", bucket)
        assert (refused.exit_code, "has no bucket" in refused.stderr) == (1, True)
    for text in ("deadbeef", "abc", "", "%"):
        refused = run("media", "show", text)
        assert (refused.exit_code, "there is no file" in refused.stderr) == (1, True)
    assert "no files" in run("media", "find", "nothing").stdout


def test_files_are_listed_by_owner_bucket_and_state_the_newest_first(run, files):
    clock, passport, watch = files.values()
    assert ids_of(run, "list") == [watch, passport, clock]
    assert ids_of(run, "list", "--limit", "1") == [watch]
    assert ids_of(run, "list", "--owner", "ina@guildhall.test") == [passport, clock]
    [of_joe] = facts(run("media", "list", "--owner", "joe@guildhall.test", "--json"))
    assert ids_of(run, "list", "--bucket", of_joe["bucket"]) == [watch]
    joe = of_joe["ownerId"]
    for begun in (f"{joe[-8:]}-pub", f"{joe[:-1]}-public"):
        assert ids_of(run, "list", "--bucket", begun) == [watch]
    assert ids_of(run, "list", "--bucket", f"{joe}-private") == []
    assert "ambiguous" in run("media", "list", "--bucket", joe).stderr
    assert ids_of(run, "list", "--realm", "network") == []
    with unit_of_work(system_actor("marketplace")) as work:
        table = BucketFile.__table__
        work.execute(table.update().where(table.c.id == watch).values(state=REFUSED, last_error="Traceback: Xq7"))
        work.execute(table.update().where(table.c.id == clock).values(held=True))
        work.commit()
    assert ids_of(run, "list", "--state", "refused") == [watch]
    assert ids_of(run, "list", "--state", "held") == [clock]
    assert facts(run("media", "show", watch, "--json"))["reason"] == "failed"


def test_a_private_name_is_neither_shown_nor_found(run, files):
    shown = [run("media", "list", "--json"), run("media", "list"), run("media", "show", files["Xq7 passport.txt"]),
             run("media", "find", files["Xq7 passport.txt"])]
    assert [one.stdout for one in shown if "passport" in one.stdout] == []
    assert all("….txt" in one.stdout for one in shown)
    assert ids_of(run, "find", "passport") == []
    fits(shown[1])


def test_files_are_found_by_id_last_digits_and_a_part_of_a_public_name(run, files):
    watch = files["watch.txt"]
    for text in (watch, watch[:-2], watch[-8:], "WATCH.t", "wåtch"):
        assert ids_of(run, "find", text) == [watch], text
    for text in (watch, watch[-8:], watch[:-2]):
        assert facts(run("media", "show", text, "--json"))["name"] == "watch.txt"
    assert ids_of(run, "find", "watch%") == []


# Jobs, keys, letters

def test_a_job_that_is_none_is_refused_and_the_one_that_was_meant_named(run, app):
    refused = run("jobs", "show", "close-auction")
    assert (refused.exit_code, "Did you mean close-auctions?" in refused.stderr) == (2, True)


def test_a_job_is_shown_with_its_last_run(run, app):
    assert facts(run("jobs", "show", "purge-events", "--json"))["status"] is None
    run_job("purge-events")
    shown = facts(run("jobs", "show", "purge-events", "--json"))
    assert (shown["name"], shown["status"]) == ("purge-events", "ok")
    assert "purge-events" in fits(run("jobs", "show", "purge-events"))
    fits(run("jobs", "list"))


def test_jobs_are_listed_by_what_is_wrong_with_them(run, app, monkeypatch):
    def names(state):
        return [one["name"] for one in facts(run("jobs", "list", "--state", state, "--json"))]

    assert run("jobs", "list", "--state", "well").exit_code == 2
    assert "no job is failed" in run("jobs", "list", "--state", "failed").stdout
    monkeypatch.setitem(runtime().part(Schedule).jobs, "purge-events",
                        replace(jobs()["purge-events"], run=lambda: 1 / 0))
    with pytest.raises(ZeroDivisionError):
        run_job("purge-events")
    run_job("purge-exports")
    assert names("failed") == ["purge-events"]
    assert "purge-exports" not in names("late")
    with moved_clock(days=400):
        assert "purge-exports" in names("late")


def test_keys_are_listed_with_what_each_still_does(run, app):
    assert run("auth", "keys", "--realm", "nowhere").exit_code == 2
    former = identity().keys.current("network").key_id
    present = identity().keys.rotate("network")
    keys = facts(run("auth", "keys", "--realm", "network", "--json"))
    assert [(one["keyId"], one["state"]) for one in keys] == [(present, "signs"), (former, "verifies")]
    told = run("auth", "keys")
    assert present in fits(told)
    assert "PRIVATE" not in told.stdout + json.dumps(keys)


def test_a_letter_is_shown_masked_and_without_its_text(run, callers, settle):
    refused = run("notify", "show", "deadbeef")
    assert (refused.exit_code, "there is no letter" in refused.stderr) == (1, True)
    callers.user("ben")
    run("users", "password", "ben@guildhall.test", "--send", "--yes", "--as", "admin@admin.com")
    settle()
    [letter] = facts(run("notify", "outbox", "--to", "ben@guildhall.test", "--limit", "1", "--json"))
    shown = run("notify", "show", letter["id"])
    assert "b…@guildhall.test" in fits(shown)
    assert "ben@guildhall.test" not in shown.stdout
    assert "text" not in facts(run("notify", "show", letter["id"], "--json"))


def test_letters_are_found_by_address_and_by_id_and_the_address_is_masked(run, callers, settle):
    for text in ("nobody@guildhall.test", "deadbeef", "@", "%"):
        assert facts(run("notify", "find", text, "--json")) == [], text
    callers.user("ben")
    run("users", "password", "ben@guildhall.test", "--send", "--yes", "--as", "admin@admin.com")
    settle()
    letters = facts(run("notify", "find", "Ben@guildhall.test", "--json"))
    assert letters
    assert {one["to"] for one in letters} == {"b…@guildhall.test"}
    assert {one["status"] for one in letters} == {"kept"}
    for text in (letters[0]["id"], letters[0]["id"][:-2], letters[0]["id"][-8:]):
        assert facts(run("notify", "find", text, "--json")) == letters[:1], text
        assert facts(run("notify", "show", text, "--json"))["id"] == letters[0]["id"]
    fits(run("notify", "find", "ben@guildhall.test"))


# What they cost

LISTS = (("events", "list"), ("events", "list", "--state", "parked"), ("events", "list", "--state", "owed"),
         ("events", "list", "--state", "waiting"), ("events", "list", "--topic", CATEGORY_CREATED),
         ("media", "list"), ("media", "list", "--state", "preparing"), ("media", "list", "--state", "refused"),
         ("media", "list", "--owner", "ina@guildhall.test"), ("media", "find", "deadbeef"),
         ("payments", "list"), ("payments", "list", "--state", "failed"), ("payments", "find", "sara@guildhall.test"),
         ("auctions", "find", "sara@guildhall.test"), ("notify", "find", "deadbeef"),
         ("notify", "find", "sara@guildhall.test"))


def test_no_list_sends_more_statements_for_more_rows(run, files, records, market, count_statements):
    def sent():
        counted = {}
        for words in LISTS:
            with count_statements() as statements:
                assert run(*words).exit_code == 0, words
            counted[words] = len([one for one in statements if one.startswith("SELECT")])
        return counted

    deliver(records[0], PARKED)
    market.paid()
    sent()  # what is kept from the first time on is read
    few = sent()
    deliver(records[1], PARKED)
    for _ in range(2):
        market.paid()
    assert sent() == few
    assert max(few.values()) <= 8, few


def test_lists_stand_on_indexes(run, files, records, market, plans):
    market.paid()
    deliver(records[0], DONE)
    plans.clear()
    for words in LISTS:
        assert run(*words).exit_code == 0, words
    # The latest of all are the end of the primary key; "latest" and "anon" are what a bounded look has found.
    harmless = ("SCAN CONSTANT ROW", "SCAN anon", "SCAN (subquery", "SCAN latest", "SCAN outbox_record",
                "SCAN event_delivery USING INDEX ix_event_delivery_p",  # the partial ones: of what is not done alone
                "SCAN bucket_file USING INDEX sqlite_autoindex_bucket_file_1",
                "SCAN bucket_file USING COVERING INDEX sqlite_autoindex_bucket_file_1",
                "SCAN mail_message USING COVERING INDEX sqlite_autoindex_mail_message_1",
                "SCAN mail_message USING INDEX ix_mail_message_failed",  # partial, too: of what has not arrived
                "SCAN mail_message USING INDEX ix_mail_message_waiting",
                "SCAN mail_message USING INDEX ix_mail_message_lanes",
                "SCAN payment_attempt USING INDEX sqlite_autoindex_payment_attempt_1")
    scans = {step for step in plans if step.startswith("SCAN")}
    assert {step for step in scans if not step.startswith(harmless)} == set()
    assert [step for step in plans if "ix_event_delivery_parked" in step]
    assert [step for step in plans if "ix_outbox_record_topic" in step]
    assert [step for step in plans if "ix_outbox_record_change" in step]
    assert [step for step in plans if "ix_bucket_file_bucket" in step]
    assert [step for step in plans if "uq_payment_attempt_intent" in step]

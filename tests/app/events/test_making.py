"""From one outbox record to the events of the contract, to the letter (rules-platform §7)."""
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import delete, func, select
from werkzeug.test import TestResponse

from app.actor import system_actor
from app.data.changes import OutboxRecord
from app.data.reads import fetch_one
from app.data.unit_of_work import unit_of_work
from app.events.deliveries import drain_deliveries
from app.events.making import Message, tells
from app.events.relay import relay_all
from app.runtime import runtime
from blueprints.marketplace.category_management import commands
from blueprints.marketplace.category_management.models import Category, Subcategory
from tests.clients import ApiClient
from tests.flow import everything_sent, sent

SYSTEM = system_actor("marketplace")
ID, OTHER_ID = "0192f000-0000-7000-8000-000000000001", "0192f000-0000-7000-8000-000000000002"
SERVICE = "ebaycclone-categorymanagement-service"
MADE, NEW = f"{SERVICE}-dbevent-category-created", "elastic-index-ebaycclone_category-created"
CHANGED, ANEW = f"{SERVICE}-dbevent-category-updated", "elastic-index-ebaycclone_category-updated"
ENDED, GONE = f"{SERVICE}-dbevent-category-deleted", "elastic-index-ebaycclone_category-deleted"
FOR_ALL = '"for all"'
MOMENT = "2026-01-02T03:04:05.678Z"
_MOMENT = datetime.fromisoformat(MOMENT)
CATEGORIES = "/marketplace/categorymanagement-api/v1/categories"


@pytest.fixture(autouse=True)
def _empty_outbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.data.work.writes.now", lambda: _MOMENT)
    monkeypatch.setattr("app.data.work.records.now", lambda: _MOMENT)
    monkeypatch.setattr("app.data.changes.now", lambda: _MOMENT)
    with unit_of_work(SYSTEM) as work:
        work.execute(delete(OutboxRecord))
        work.commit()


def events() -> list[tuple[str, str]]:
    return [(event.topic, event.payload) for event in everything_sent()]


def records() -> int:
    return int(fetch_one(select(func.count()).select_from(OutboxRecord))[0])


def row(title: str, version: int, *, subtitle: str = "null", active: str = "true") -> str:
    """The JSON of the category, as the contract writes it."""
    return (f'{{"id":"{ID}","imageUrl":null,"subtitle":{subtitle},"title":"{title}","isActive":{active},'
            f'"recordVersion":{version},"createdAt":"{MOMENT}","updatedAt":"{MOMENT}","_owner":null}}')


def toys() -> Category:
    return commands.create_category(SYSTEM, id=ID, title="Toys")


def test_a_new_object_is_one_record_and_two_events(app: Flask) -> None:
    toys()
    assert records() == 1
    assert events() == [(MADE, row("Toys", 1)), (NEW, row("Toys", 1))]


def test_an_update_tells_the_row_before_and_after_and_what_changed(app: Flask) -> None:
    toys()
    with unit_of_work(SYSTEM) as work:
        work.execute(delete(OutboxRecord))
        work.change(work.lock(Category, ID), title="Games", subtitle="for all")
        work.commit()
    assert records() == 1
    assert events() == [
        (CHANGED, f'{{"old_category":{row("Toys", 1)},"category":{row("Games", 2, subtitle=FOR_ALL)},'
                  '"oldDataValues":{"subtitle":null,"title":"Toys","recordVersion":1},'
                  f'"newDataValues":{{"subtitle":{FOR_ALL},"title":"Games","recordVersion":2}}}}'),
        (ANEW, row("Games", 2, subtitle=FOR_ALL))]


def test_an_archived_object_is_told_as_deleted_with_its_last_row(app: Flask) -> None:
    toys()
    commands.delete_category(SYSTEM, ID)
    gone = row("Toys", 2, active="false")
    assert events()[2:] == [(ENDED, gone), (GONE, gone)]


def test_a_row_that_is_removed_for_good_is_told_as_inactive(app: Flask) -> None:
    toys()
    with unit_of_work(SYSTEM) as work:
        work.delete(work.lock(Category, ID))
        work.commit()
    gone = row("Toys", 1, active="false")
    assert events()[2:] == [(ENDED, gone), (GONE, gone)]


def test_a_restored_object_is_told_as_updated(app: Flask) -> None:
    toys()
    commands.delete_category(SYSTEM, ID)
    with unit_of_work(SYSTEM) as work:
        category = work.find(Category, Category.id == ID)
        assert category is not None
        work.change(category, is_active=True)
        work.commit()
    before, after = row("Toys", 2, active="false"), row("Toys", 3)
    assert events()[4:] == [
        (CHANGED, f'{{"old_category":{before},"category":{after},'
                  '"oldDataValues":{"isActive":false,"recordVersion":2},'
                  '"newDataValues":{"isActive":true,"recordVersion":3}}'),
        (ANEW, after)]


def test_a_choice_is_told_before_and_after_with_its_number(app: Flask) -> None:
    toys()
    commands.create_subcategory(SYSTEM, id=OTHER_ID, category_id=ID, name="Cars", group="MORE")
    with unit_of_work(SYSTEM) as work:
        work.change(work.lock(Subcategory, OTHER_ID), group="MOST_POPULAR")
        work.commit()
    [event] = sent(f"{SERVICE}-dbevent-subcategory-updated")
    before, after = event.payload["old_subcategory"], event.payload["subcategory"]
    assert [(told["group"], told["group_idx"]) for told in (before, after)] == [("MORE", 1), ("MOST_POPULAR", 0)]
    assert event.payload["oldDataValues"] == {"group": "MORE", "recordVersion": 1}
    assert event.payload["newDataValues"] == {"group": "MOST_POPULAR", "recordVersion": 2}
    assert list(before) == list(after)


def test_two_changes_of_one_object_in_a_transaction_are_told_one_by_one(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        category = work.insert(Category(id=ID, title="Toys"))
        work.flush()
        work.change(category, title="Games")
        work.flush()
        work.archive(category)
        work.commit()
    assert records() == 3
    assert [topic for topic, _ in events()] == [MADE, NEW, CHANGED, ANEW, ENDED, GONE]


def test_what_is_emitted_has_its_own_topic_and_payload(app: Flask) -> None:
    extended = '{"id":"x","extends":{"feedback":{"score":5},"feedback_count":1}}'
    with unit_of_work(SYSTEM) as work:
        work.emit("elastic-index-ebaycclone_category-extended", "x", orjson.loads(extended))
        work.emit("ebaycclone-ordermanagement-service-ordermanagementorderpaymentstatus-succeeded", "x", {"id": "x"})
        work.commit()
    assert events() == [
        ("elastic-index-ebaycclone_category-extended", extended),
        ("ebaycclone-ordermanagement-service-ordermanagementorderpaymentstatus-succeeded", '{"id":"x"}')]
    assert [event.payload["extends"]["feedback_count"]
            for event in sent("elastic-index-ebaycclone_category-extended")] == [1]


@pytest.mark.parametrize(("call", "verb"), [
    (lambda admin: admin.post(CATEGORIES, json={"categoryId": ID, "title": 'Toys "é" \U0001f9f8'}), "created"),
    (lambda admin: admin.patch(f"{CATEGORIES}/{ID}", json={"title": "Ga}mes {\u2028"}), "updated"),
    (lambda admin: admin.delete(f"{CATEGORIES}/{ID}"), "deleted"),
])
def test_a_call_is_told_by_the_record_of_its_row_with_the_answer_it_gave(
        as_admin: ApiClient, call: Callable[[ApiClient], TestResponse], verb: str) -> None:
    if verb != "created":
        toys()
    with unit_of_work(SYSTEM) as work:
        work.execute(delete(OutboxRecord))
        work.commit()
    answer = call(as_admin)
    assert answer.status_code in (200, 201)
    assert records() == 1
    assert [topic for topic, _ in events()] == [
        f"{SERVICE}-dbevent-category-{verb}", f"elastic-index-ebaycclone_category-{verb}", f"{SERVICE}-category-{verb}"]
    assert events()[2][1] == answer.text
    assert answer.headers["ETag"] == f'"{answer.json["category"]["recordVersion"]}"'  # type: ignore[index]


def test_a_call_that_changes_nothing_is_told_by_a_record_of_its_own(as_admin: ApiClient) -> None:
    toys()
    answer = as_admin.patch(f"{CATEGORIES}/{ID}", json={"title": "Toys"})
    assert events()[-1] == (f"{SERVICE}-category-updated", answer.text)
    assert not sent(CHANGED)


def call(row_json: bytes, extras: bytes, *, realm: str = "marketplace", **emitted: Any) -> None:
    """Make a category and tell of the call, as the pipeline does, with an event in between if one is named."""
    with unit_of_work(SYSTEM) as work:
        category = work.insert(Category(id=ID, title="Toys"))
        work.flush()
        for topic, key in emitted.items():
            work.emit(topic, key, {})
        assert work.json_of(category).decode() == row("Toys", 1)
        work.emit_call("called", ID, row_json, b'{"status":"OK","category":' + row_json + extras + b"}", realm=realm)
        work.commit()


def test_a_call_with_root_keys_beside_the_row_is_told_with_what_was_said_to_be_told(app: Flask) -> None:
    call(row("Toys", 1).encode(), b',"secretCode":"***"')
    assert records() == 1
    assert events()[2] == ("called", f'{{"status":"OK","category":{row("Toys", 1)},"secretCode":"***"}}')


@pytest.mark.parametrize(("row_json", "options"), [
    (b'{"id":"another row"}', {}),
    (None, {"closed": ID}),
    (None, {"realm": "network"}),
])
def test_a_call_keeps_its_place_behind_what_was_said_since_and_its_own_row_and_realm(
        app: Flask, row_json: bytes | None, options: dict[str, str]) -> None:
    said = row_json or row("Toys", 1).encode()
    call(said, b"", **options)
    assert events()[-1] == ("called", f'{{"status":"OK","category":{said.decode()}}}')
    assert everything_sent()[-1].key == ID
    assert records() == (3 if "closed" in options else 2)


def test_an_event_has_the_same_id_whenever_it_is_made_and_no_two_share_one(app: Flask) -> None:
    toys()
    with unit_of_work(SYSTEM) as work:
        work.emit("nobody-listens", "x", {})
        work.commit()
    first: list[Message] = everything_sent()
    assert first == everything_sent()
    assert len({event.event_id for event in first}) == len(first) == 3
    assert [event.event_id for event in sent(MADE)] == [event.event_id for event in first if event.topic == MADE]
    relay_all()
    drain_deliveries()
    [(_, entry)] = runtime().redis.xrange(MADE)
    assert entry[b"eventId"].decode() == first[0].event_id
    assert entry[b"payload"].decode() == first[0].payload


def test_a_topic_finds_its_records_and_no_others(app: Flask) -> None:
    toys()
    commands.create_subcategory(SYSTEM, id=OTHER_ID, category_id=ID, name="Cars", group="MORE")
    keys = {topic: [event.key for event in sent(topic)] for topic in (
        MADE, NEW, CHANGED, GONE, f"{SERVICE}-dbevent-subcategory-created", MADE.replace("ebaycclone", "linkedin"),
        MADE.replace("categorymanagement", "feedback"), "elastic-index-ebaycclone_category-extended", "nonsense")}
    assert list(keys.values()) == [[ID], [ID], [], [], [OTHER_ID], [], [], [], []]


def test_records_of_a_topic_are_found_by_an_index(app: Flask) -> None:
    from app.data.entity import db

    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by statistics; SQLite by structure")
    for topic in (MADE, NEW, "nobody-listens"):
        query = select(func.count()).select_from(OutboxRecord).where(tells(topic), OutboxRecord.id > 7)
        compiled = query.compile(db.engine, compile_kwargs={"literal_binds": True})
        with db.engine.connect() as connection:
            plan = [step[3] for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")]
        assert not [step for step in plan if step.startswith("SCAN")], plan
        assert any("ix_outbox_record_" in step for step in plan), plan

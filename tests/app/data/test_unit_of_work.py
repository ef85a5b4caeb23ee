"""One transaction: the change and the events that say so, or neither (architecture.md, How a write flows)."""
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context

import orjson
import psycopg
import pytest
from flask import Flask
from sqlalchemy import Connection, delete, event, func, insert, select, text
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

from app.actor import system_actor
from app.clock import now
from app.data.changes import OutboxRecord
from app.data.connections import reading, transaction
from app.data.due_work import DueWork
from app.data.entity import db
from app.data.ids import uuid7
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork, in_unit_of_work, unit_of_work
from app.data.work.blocks import UnitOfWorkSpoiled
from app.errors import DuplicateRecord, NotFound, RuleViolated
from blueprints.marketplace.category_management import commands
from blueprints.marketplace.category_management.models import Category, Subcategory
from tests.flow import everything_sent, refused_commits, sent

SYSTEM = system_actor("marketplace")


@pytest.fixture(autouse=True)
def _empty_outbox(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        work.execute(text("DELETE FROM outbox_record"))
        work.commit()


def topics() -> list[str]:
    return [event.topic for event in everything_sent()]


def titles() -> list[str]:
    return [row.title for row in fetch(select(Category.title).order_by(Category.title))]


def seen_by_others(app: Flask) -> list[str]:
    """The titles another connection sees now: queries inside a unit of work see its own changes."""

    def look() -> list[str]:
        with app.app_context():
            return titles()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(look).result()


def refused(work: UnitOfWork, title: str) -> None:
    """A command that is refused after it has written a category and its event."""
    with unit_of_work(work.actor) as joined:
        joined.insert(Category(title=title))
        joined.flush()
        raise RuleViolated("Refused", "half-way")


@pytest.mark.parametrize("write", [
    lambda work: work.insert(Category(title="Toys")),
    lambda work: (work.insert(Category(title="Toys")), work.flush()),
    lambda work: work.emit("told", "key", {}),
    lambda work: work.execute(delete(DueWork)),
    lambda work: work.schedule("close-auction", uuid7(), now()),
], ids=["pending", "flushed", "told", "executed", "scheduled"])
def test_leaving_without_commit_changes_nothing_and_is_found_out(
        app: Flask, write: Callable[[UnitOfWork], object]) -> None:
    with pytest.raises(RuntimeError, match="without commit"), unit_of_work(SYSTEM) as work:
        write(work)
    assert titles() == []
    assert topics() == []


def test_who_has_only_read_may_leave_without_commit(app: Flask) -> None:
    commands.create_category(SYSTEM, title="Toys")
    with unit_of_work(SYSTEM) as work:
        [category] = work.all(select(Category), lock=True)
        work.change(category, title="Toys")
        assert work.rows(select(Category.title)) == [("Toys",)]


def test_who_says_rollback_may_leave_without_commit(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        commands.create_category(SYSTEM, title="Toys")
        work.rollback()
    assert titles() == []
    assert topics() == []


def test_what_is_written_by_it_in_another_context_is_part_of_its_transaction(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        elsewhere = copy_context()
        elsewhere.run(transaction.set, None)
        elsewhere.run(work.execute, insert(DueWork).values(
            realm="marketplace", kind="sweep", subject="one", due_at=now()))
        work.rollback()
    assert fetch(select(DueWork)) == []


def test_nothing_is_committed_after_a_rollback(app: Flask) -> None:
    with pytest.raises(UnitOfWorkSpoiled, match="rolled back"), unit_of_work(SYSTEM) as work:
        work.insert(Category(title="Toys"))
        work.rollback()
        work.commit()
    assert titles() == []


def test_a_joined_command_cannot_roll_back_its_caller(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="joined"), unit_of_work(SYSTEM), unit_of_work(SYSTEM) as joined:
        joined.rollback()


def test_a_refused_command_cannot_be_committed_by_its_caller(app: Flask) -> None:
    with pytest.raises(UnitOfWorkSpoiled, match="half-way") as found, unit_of_work(SYSTEM) as work:
        work.insert(Category(title="Mine"))
        with suppress(RuleViolated):
            refused(work, "Toys")
        work.commit()
    assert isinstance(found.value.__cause__, RuleViolated)
    assert titles() == []
    assert topics() == []


def test_a_refused_command_cannot_be_committed_by_a_command_between(app: Flask) -> None:
    with pytest.raises(UnitOfWorkSpoiled, match="half-way"), unit_of_work(SYSTEM) as outer:
        with unit_of_work(SYSTEM) as middle:
            with suppress(RuleViolated):
                refused(middle, "Toys")
            middle.commit()
        outer.commit()
    assert titles() == []


def test_a_failed_commit_of_a_refused_command_can_be_caught_and_is_not_committed_either(app: Flask) -> None:
    with pytest.raises(UnitOfWorkSpoiled, match="half-way"), unit_of_work(SYSTEM) as work:
        with suppress(RuleViolated):
            refused(work, "Toys")
        with suppress(RuntimeError):
            work.commit()
        work.commit()
    assert titles() == []


def test_no_attempt_begins_after_a_refusal(app: Flask) -> None:
    with pytest.raises(UnitOfWorkSpoiled, match="half-way"), unit_of_work(SYSTEM) as work:
        with suppress(RuleViolated):
            refused(work, "Toys")
        with work.attempt():
            pass
    assert titles() == []


def test_an_attempt_that_hides_a_refusal_is_taken_back(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        work.insert(Category(title="Mine"))
        with pytest.raises(UnitOfWorkSpoiled, match="half-way"), work.attempt(), suppress(RuleViolated):
            refused(work, "Toys")
        work.commit()
    assert titles() == ["Mine"]


def test_an_attempt_that_hides_a_failed_flush_is_taken_back(app: Flask) -> None:
    taken = commands.create_category(SYSTEM, title="Taken")
    with unit_of_work(SYSTEM) as work:
        work.insert(Category(title="Mine"))
        with pytest.raises(UnitOfWorkSpoiled, match="DuplicateRecord"), work.attempt(), suppress(DuplicateRecord):
            work.insert(Category(id=taken.id, title="Again"))
            work.flush()
        work.commit()
    assert titles() == ["Mine", "Taken"]


def test_after_a_failed_flush_nothing_is_committed(app: Flask) -> None:
    taken = commands.create_category(SYSTEM, title="Taken")
    with pytest.raises(UnitOfWorkSpoiled, match="DuplicateRecord"), unit_of_work(SYSTEM) as work:
        work.insert(Category(title="Mine"))
        with suppress(DuplicateRecord):
            work.insert(Category(id=taken.id, title="Again"))
            work.flush()
        work.commit()
    assert titles() == ["Taken"]


def test_after_a_failed_statement_nothing_is_committed(app: Flask) -> None:
    """PostgreSQL would answer the commit with a rollback and say nothing."""
    with pytest.raises(UnitOfWorkSpoiled, match="no_such_table"), unit_of_work(SYSTEM) as work:
        work.insert(Category(title="Mine"))
        with suppress(DBAPIError):
            work.execute(text("DELETE FROM no_such_table"))
        work.commit()
    assert titles() == []


def test_a_commit_that_fails_leaves_no_transaction_to_the_next(app: Flask) -> None:
    """SQLite keeps the transaction of a failed COMMIT open, and SQLAlchemy rolls back none that it tried to commit."""
    with refused_commits(OSError("disk full")), pytest.raises(OSError, match="disk full"):
        commands.create_category(SYSTEM, title="Lost")
    assert titles() == []
    commands.create_category(SYSTEM, title="Kept")
    assert titles() == ["Kept"]


def test_a_commit_that_fails_lets_others_write_though_somebody_keeps_an_earlier_error(app: Flask) -> None:
    """An error keeps the cursor of its statement, and SQLite keeps a closed connection as long as a statement of it."""
    taken = commands.create_category(SYSTEM, title="Taken")
    with pytest.raises(DuplicateRecord) as kept:
        commands.create_category(SYSTEM, id=taken.id, title="Again")
    with unit_of_work(SYSTEM) as work:
        begun = work.connection().connection.cursor()
        begun.execute("SELECT id FROM marketplace_category UNION ALL SELECT 'one more'")
        begun.fetchone()
        work.rollback()
    with refused_commits(OSError("disk full")), pytest.raises(OSError, match="disk full"):
        commands.create_category(SYSTEM, title="Lost")
    commands.create_category(SYSTEM, title="Kept")
    assert titles() == ["Kept", "Taken"]
    del kept, begun


def test_a_single_new_row_that_is_refused_leaves_neither_row_nor_record(app: Flask) -> None:
    """It goes to the database at once, with its record; what was refused is said as of any other row."""
    taken = commands.create_category(SYSTEM, title="Taken")
    told = topics()
    with pytest.raises(DuplicateRecord):
        commands.create_category(SYSTEM, id=taken.id, title="Again")
    assert titles() == ["Taken"]
    assert topics() == told
    commands.create_category(SYSTEM, title="Kept")
    assert titles() == ["Kept", "Taken"]


def test_a_single_new_row_is_known_once_it_is_committed(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        before = work.insert(Category(title="Toys"))
        work.commit()
    with unit_of_work(SYSTEM) as work:
        work.change(work.lock(Category, before.id), title="Games")
        work.commit()
    assert (before.record_version, titles()) == (1, ["Games"])


def test_what_is_changed_after_the_commit_is_not_committed_and_is_found_out(app: Flask) -> None:
    """A row that was committed alone is not looked at for changes any more."""
    with pytest.raises(RuntimeError, match="ends with its commit"), unit_of_work(SYSTEM) as work:
        category = work.insert(Category(title="Toys"))
        work.commit()
        work.change(category, title="Games")
        work.commit()
    assert titles() == ["Toys"]


@pytest.mark.postgresql
@pytest.mark.parametrize("error", [psycopg.OperationalError, psycopg.errors.AdminShutdown])
def test_a_database_that_goes_away_while_a_row_is_sent_is_said_to_be_away(
        app: Flask, monkeypatch: pytest.MonkeyPatch, error: type[psycopg.Error]) -> None:
    """Nobody knows whether the row is there, so it is not sent again: the second would be refused as a duplicate."""
    def lose(*_: object) -> None:
        raise error("the connection is lost")

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.RawCursor, "execute", lose)
        with pytest.raises(OperationalError, match="the connection is lost"):
            commands.create_category(SYSTEM, title="Lost")
    commands.create_category(SYSTEM, title="Kept")
    assert titles() == ["Kept"]


@pytest.mark.postgresql
def test_a_text_that_the_database_cannot_hold_is_said_to_be_so(app: Flask) -> None:
    """The driver refuses it and sends nothing: the database has not gone away."""
    with pytest.raises(DataError, match="NUL"):
        commands.create_category(SYSTEM, title="No\0text")
    assert titles() == []


@pytest.mark.postgresql
def test_a_connection_that_cannot_be_rolled_back_is_given_back_and_used_no_more(
        app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a statement was cut off and still runs. What cut it off is said, and not that nothing else goes."""
    def busy(_driver: object) -> None:
        raise psycopg.OperationalError("another command is already in progress")

    with pytest.raises(TimeoutError, match="the job took too long"), unit_of_work(SYSTEM) as work:
        work.insert(Category(title="Lost"))
        work.flush()
        monkeypatch.setattr(psycopg.Connection, "rollback", busy)
        raise TimeoutError("the job took too long")
    monkeypatch.undo()
    pool = db.engine.pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedout() == 0
    assert titles() == []


@pytest.mark.postgresql
def test_a_read_leaves_no_transaction_open_and_a_write_has_one(app: Flask) -> None:
    """The driver is in autocommit for both, so that nothing of a connection changes between them."""
    with reading() as connection:
        fetch(select(Category.id))
        connection.scalar(select(func.count()).select_from(Category))
        assert _is_in_transaction(connection) is False
    with unit_of_work(SYSTEM) as work:
        work.find(Category)
        assert _is_in_transaction(work.connection()) is True
        work.commit()


def _is_in_transaction(connection: Connection) -> bool:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    assert driver.autocommit
    return driver.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS


def test_an_error_rolls_everything_back(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="midway"), unit_of_work(SYSTEM):
        commands.create_category(SYSTEM, title="Toys")
        raise RuntimeError("midway")
    assert titles() == []
    assert topics() == []


def test_a_command_that_forgets_to_commit_inside_another_is_found_out(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="without commit"), unit_of_work(SYSTEM) as outer:
        with unit_of_work(SYSTEM) as inner:
            inner.insert(Category(title="Toys"))
        outer.commit()
    assert titles() == []


@pytest.mark.parametrize("forgetful", ["outer", "middle", "inner"])
def test_a_forgotten_commit_is_found_out_at_whatever_depth(app: Flask, forgetful: str) -> None:
    with pytest.raises(RuntimeError, match="without commit"), unit_of_work(SYSTEM) as outer:
        with unit_of_work(SYSTEM) as middle:
            with unit_of_work(SYSTEM) as inner:
                inner.insert(Category(title="Toys"))
                if forgetful != "inner":
                    inner.commit()
            if forgetful != "middle":
                middle.commit()
        if forgetful != "outer":
            outer.commit()
    assert titles() == []


def test_a_command_that_only_read_inside_another_must_commit_too(app: Flask) -> None:
    """It may write tomorrow, and its caller goes by its commit."""
    with pytest.raises(RuntimeError, match="without commit"), unit_of_work(SYSTEM) as outer:
        with unit_of_work(SYSTEM) as inner:
            inner.rows(select(Category.title))
        outer.commit()


def test_only_the_outermost_command_commits(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        commands.create_category(SYSTEM, title="Toys")
        assert seen_by_others(app) == []
        commands.create_category(SYSTEM, title="Books")
        work.commit()
    assert titles() == ["Books", "Toys"]


def test_what_is_left_for_after_the_commit_runs_once_others_may_write(app: Flask) -> None:
    """It may wait for Redis, and nobody shall wait for that with it."""
    held: list[bool] = []
    with unit_of_work(SYSTEM) as work:
        work.after_commit(lambda: held.append(in_unit_of_work()))
        commands.create_category(SYSTEM, title="a")
        work.commit()
        assert held == []
    assert held == [False]
    with unit_of_work(SYSTEM) as work:
        work.after_commit(lambda: held.append(in_unit_of_work()))
    assert held == [False]


def test_what_is_left_for_before_the_commit_is_part_of_it_and_comes_last(app: Flask) -> None:
    told: list[int] = []
    subject = uuid7()
    with unit_of_work(SYSTEM) as work:
        work.before_commit(lambda *_: told.append(len(work.rows(select(OutboxRecord.record_id)))), None)
        work.before_commit(lambda *_: work.schedule("close-auction", subject, now()), None)
        with unit_of_work(SYSTEM) as joined:
            joined.insert(Category(title="Toys"))
            joined.commit()
        assert told == []
        work.commit()
    assert told == [1]
    assert [row.subject for row in fetch(select(DueWork.subject))] == [subject]


def test_what_is_left_for_one_action_is_done_at_once_in_order(app: Flask) -> None:
    given: list[list[int]] = []

    def take(_: UnitOfWork, items: list[int]) -> None:
        given.append(items)

    with unit_of_work(SYSTEM) as work:
        for number in (3, 1, 2):
            work.before_commit(take, number)
        work.commit()
    assert given == [[3, 1, 2]]


def test_what_fails_before_the_commit_undoes_everything(app: Flask) -> None:
    def fail(*_: object) -> None:
        raise RuleViolated("Refused", "at the end")

    with pytest.raises(RuleViolated, match="at the end"), unit_of_work(SYSTEM) as work:
        commands.create_category(SYSTEM, title="Toys")
        work.before_commit(fail, None)
        work.commit()
    assert titles() == []
    assert topics() == []


def test_no_data_object_is_changed_before_the_commit_as_its_event_would_be_lost(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="event would be lost"), unit_of_work(SYSTEM) as work:
        work.before_commit(lambda *_: work.insert(Category(title="Toys")), None)
        work.commit()
    assert titles() == []


def test_nothing_runs_before_a_commit_that_does_not_come(app: Flask) -> None:
    done: list[str] = []
    with unit_of_work(SYSTEM) as work:
        work.before_commit(lambda *_: done.append("rolled back"), None)
        work.rollback()
    with pytest.raises(RuntimeError, match="without commit"), unit_of_work(SYSTEM) as work:
        work.before_commit(lambda *_: done.append("left"), None)
    with unit_of_work(SYSTEM) as work:
        with pytest.raises(NotFound), work.attempt():
            work.before_commit(lambda *_: done.append("attempted"), None)
            raise NotFound
        work.commit()
    assert done == []


def test_each_changed_row_makes_its_dbevent_and_its_index_event(app: Flask) -> None:
    category = commands.create_category(SYSTEM, title="Toys")
    commands.change_category(SYSTEM, category.id, subtitle="for all")
    commands.delete_category(SYSTEM, category.id)
    service = "ebaycclone-categorymanagement-service-dbevent-category"
    assert topics() == [f"{service}-created", "elastic-index-ebaycclone_category-created",
                        f"{service}-updated", "elastic-index-ebaycclone_category-updated",
                        f"{service}-deleted", "elastic-index-ebaycclone_category-deleted"]


def test_an_update_event_tells_old_and_new(app: Flask) -> None:
    category = commands.create_category(SYSTEM, title="Toys")
    commands.change_category(SYSTEM, category.id, title="Games")
    [event] = sent("ebaycclone-categorymanagement-service-dbevent-category-updated")
    payload = event.payload
    assert payload["old_category"]["title"] == "Toys"
    assert payload["old_category"]["recordVersion"] == 1
    assert payload["category"]["title"] == "Games"
    assert payload["category"]["recordVersion"] == 2
    assert payload["oldDataValues"]["title"] == "Toys"
    assert payload["newDataValues"]["title"] == "Games"
    assert "subtitle" not in payload["newDataValues"]


def test_setting_the_same_value_is_no_change(app: Flask) -> None:
    category = commands.create_category(SYSTEM, title="Toys")
    before = len(topics())
    assert commands.change_category(SYSTEM, category.id, title="Toys").record_version == 1
    assert len(topics()) == before


def test_a_taken_id_is_refused_by_the_database(app: Flask) -> None:
    category = commands.create_category(SYSTEM, title="Toys")
    with pytest.raises(DuplicateRecord):
        commands.create_category(SYSTEM, id=category.id, title="Again")
    assert titles() == ["Toys"]


def test_an_archived_row_is_not_found(app: Flask) -> None:
    category = commands.create_category(SYSTEM, title="Toys")
    commands.delete_category(SYSTEM, category.id)
    with pytest.raises(NotFound):
        commands.change_category(SYSTEM, category.id, title="Games")


def test_a_refused_attempt_is_taken_back_whole_and_the_rest_is_committed(app: Flask) -> None:
    category, taken = (commands.create_category(SYSTEM, title=title) for title in ("Toys", "Taken"))
    before, subject, done = len(topics()), uuid7(), []
    with unit_of_work(SYSTEM) as work:
        held = work.lock(Category, category.id)
        with pytest.raises(DuplicateRecord), work.attempt():
            work.change(held, title="Games")
            work.schedule("close-auction", subject, now())
            work.emit("attempted", "key", {})
            work.after_commit(lambda: done.append("attempted"))
            commands.create_category(SYSTEM, title="Again", id=taken.id)
        assert held.title == "Toys"
        commands.create_category(SYSTEM, title="Books")
        work.commit()
    assert titles() == ["Books", "Taken", "Toys"]
    assert topics()[before:] == [
        "ebaycclone-categorymanagement-service-dbevent-category-created",
        "elastic-index-ebaycclone_category-created"]
    assert fetch(select(DueWork.subject)) == []
    assert done == []


def test_what_many_rows_were_given_in_a_refused_attempt_is_taken_back(app: Flask) -> None:
    category = commands.create_category(SYSTEM, title="Toys")
    with unit_of_work(SYSTEM) as work:
        held = work.lock(Category, category.id)
        new = Category(title="Maps")
        with pytest.raises(NotFound), work.attempt():
            work.insert(new)
            with work.attempt():
                work.change_all([held, new], title="Games")
            raise NotFound
        assert (held.title, held.record_version) == ("Toys", 1)
        work.change(held, subtitle="for all")
        work.insert(new)
        work.commit()
    assert titles() == ["Games", "Toys"]
    assert [topic for topic in topics() if topic.endswith("dbevent-category-updated")] == [
        "ebaycclone-categorymanagement-service-dbevent-category-updated"]


def test_what_many_rows_were_given_before_a_refused_attempt_is_kept(app: Flask) -> None:
    category = commands.create_category(SYSTEM, title="Toys")
    with unit_of_work(SYSTEM) as work:
        held = work.lock(Category, category.id)
        work.change_all([held], title="Games")
        with pytest.raises(NotFound), work.attempt():
            work.change_all([held], title="Maps")
            raise NotFound
        assert (held.title, held.record_version) == ("Games", 2)
        work.change_all([held], title="Books")
        work.commit()
    assert titles() == ["Books"]


def test_the_event_of_a_call_in_a_refused_attempt_is_not_told(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        category = work.insert(Category(title="Toys"))
        work.flush()
        row = work.json_of(category)
        with pytest.raises(NotFound), work.attempt():
            work.emit_call("called", category.id, row, b'{"category":' + row + b"}", realm="marketplace")
            raise NotFound
        work.commit()
    assert "called" not in topics()


def test_a_row_that_is_locked_again_with_others_keeps_what_was_changed(app: Flask) -> None:
    category = commands.create_category(SYSTEM, title="Toys")
    with unit_of_work(SYSTEM) as work:
        work.change(work.lock(Category, category.id), title="Games")
        [again] = work.all(select(Category), lock=True)
        assert again.title == "Games"
        work.commit()
    assert titles() == ["Games"]


def test_a_row_that_was_changed_before_it_is_locked_keeps_what_was_changed(app: Flask) -> None:
    category = commands.create_category(SYSTEM, title="Toys")
    with unit_of_work(SYSTEM) as work:
        work.change(work.get(Category, category.id), title="Games")
        assert work.lock(Category, category.id).title == "Games"
        work.commit()
    assert titles() == ["Games"]


def test_an_attempt_that_succeeds_is_committed_with_the_rest(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        with work.attempt():
            commands.create_category(SYSTEM, title="Toys")
        assert seen_by_others(app) == []
        work.commit()
    assert titles() == ["Toys"]


def test_a_lock_taken_in_a_refused_attempt_is_not_held_any_more(app: Flask) -> None:
    category = commands.create_category(SYSTEM, title="Toys")
    subcategory = commands.create_subcategory(SYSTEM, category_id=category.id, name="Cars", group="MORE")
    with unit_of_work(SYSTEM) as work:
        with pytest.raises(NotFound), work.attempt():
            work.lock(Subcategory, subcategory.id)
            raise NotFound
        assert work.lock(Category, category.id).title == "Toys"


def test_what_was_written_before_another_cause_keeps_its_own(app: Flask) -> None:
    with unit_of_work(SYSTEM, request_id="first") as work:
        work.insert(Category(title="Toys"))
        with work.acting_for(SYSTEM, "second"):
            work.insert(Category(title="Books"))
        work.insert(Category(title="Games"))
        work.commit()
    assert [row.request_id for row in fetch(select(OutboxRecord.request_id).order_by(OutboxRecord.id))] == [
        "first", "second", "first"]


def test_a_lost_update_is_refused(app: Flask) -> None:
    category = commands.create_category(SYSTEM, title="Toys")
    with pytest.raises(RuleViolated, match="changed by somebody else"), unit_of_work(SYSTEM) as work:
        stale = work.get(Category, category.id)
        work.execute(text("UPDATE marketplace_category SET record_version = 7"))
        work.change(stale, title="Games")
        work.commit()
    assert titles() == ["Toys"]


def test_due_work_is_owed_once_per_subject(app: Flask) -> None:
    subject = uuid7()
    with unit_of_work(SYSTEM) as work:
        work.schedule("close-auction", subject, now())
        work.schedule("close-auction", subject, now())
        work.commit()
    assert len(fetch(select(DueWork.subject))) == 1
    with unit_of_work(SYSTEM) as work:
        work.schedule("close-auction", subject, None)
        work.commit()
    assert fetch(select(DueWork.subject)) == []


def test_due_work_is_owed_without_a_look_at_the_rows_in_memory(app: Flask) -> None:
    """Else a command that owes work for each of n rows compares n times n."""
    compared = []
    with unit_of_work(SYSTEM) as work:
        event.listen(work._known.session, "do_orm_execute", lambda state: compared.append(
            (state.is_delete, state.execution_options.get("synchronize_session", "auto"))))
        work.schedule("close-auction", uuid7(), None)
        work.commit()
    assert compared == [(True, False)]


def test_a_restored_row_is_an_update_of_the_next_version(app: Flask) -> None:
    category = commands.create_category(SYSTEM, title="Toys")
    commands.delete_category(SYSTEM, category.id)
    assert commands.restore_category(SYSTEM, category.id)
    [created, deleted, updated] = [one for one in everything_sent() if "dbevent" in one.topic]
    assert [one.topic.rpartition("-")[2] for one in (created, deleted, updated)] == ["created", "deleted", "updated"]
    said = orjson.loads(updated.payload)
    assert (said["newDataValues"]["isActive"], said["category"]["recordVersion"]) == (True, 3)


def test_what_is_there_is_not_restored(app: Flask) -> None:
    category = commands.create_category(SYSTEM, title="Toys")
    assert not commands.restore_category(SYSTEM, category.id)
    with pytest.raises(NotFound):
        commands.restore_category(SYSTEM, uuid7())
    assert len([one for one in topics() if "dbevent" in one]) == 1

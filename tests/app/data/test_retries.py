"""Work that is claimed, leased, retried and parked, on a table of the tests' own."""
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.actor import kernel_actor
from app.backoff import Backoff
from app.clock import moved_clock, now
from app.data.columns import Instant
from app.data.connections import writing_engine
from app.data.reads import fetch
from app.data.retries import OwedWork, claim, claim_due, error_text, is_any_due, postpone, settle
from app.data.unit_of_work import unit_of_work

LEASE = timedelta(seconds=60)
THREE_TIMES = Backoff(timedelta(seconds=10), timedelta(hours=1), most=3)


class _Base(DeclarativeBase):
    pass


class Parcel(_Base):
    """A parcel that is to be carried; its lease has a column of its own."""

    __tablename__ = "test_parcel"
    __lock_rank__ = 999

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    status: Mapped[str] = mapped_column(String(10), default="waiting")
    due_at: Mapped[datetime] = mapped_column(Instant)
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]


IS_WAITING = Parcel.status == "waiting"
PARCELS = OwedWork(Parcel, IS_WAITING, Parcel.due_at, Parcel.leased_until)
ONE_COLUMN = OwedWork(Parcel, IS_WAITING, Parcel.due_at)  # a claim moves due_at
both = pytest.mark.parametrize("kind", [PARCELS, ONE_COLUMN], ids=["two columns", "one column"])


@pytest.fixture(autouse=True)
def _table(app: Flask) -> Iterator[None]:
    _Base.metadata.create_all(writing_engine())
    yield
    _Base.metadata.drop_all(writing_engine())


def owe(*names: str, status: str = "waiting", in_seconds: int = 0) -> None:
    with unit_of_work(kernel_actor()) as work:
        for name in names:
            row: Any = Parcel(name=name, status=status, due_at=now() + timedelta(seconds=in_seconds))
            work.insert(row)
        work.commit()


def is_claimed(kind: OwedWork, name: str, **options: Any) -> bool:
    with unit_of_work(kernel_actor()) as work:
        mine = claim(work, kind, Parcel.name == name, lease=LEASE, **options)
        work.commit()
    return mine


def claimed(kind: OwedWork, most: int = 10) -> list[str]:
    with unit_of_work(kernel_actor()) as work:
        rows = claim_due(work, kind, most, lease=LEASE)
        work.commit()
    return [row.name for row in rows]


def fail(name: str, error: str = "the road is closed") -> bool:
    with unit_of_work(kernel_actor()) as work:
        gave_up = postpone(work, PARCELS, Parcel.name == name, error=error, backoff=THREE_TIMES,
                           parked={"status": "parked"})
        work.commit()
    return gave_up


def settled(name: str) -> int:
    with unit_of_work(kernel_actor()) as work:
        how_many = settle(work, PARCELS, Parcel.name == name, status="done", last_error=None)
        work.commit()
    return how_many


def stored(name: str) -> Any:
    [row] = fetch(select(*Parcel.__table__.columns).where(Parcel.name == name))
    return row


@both
def test_a_leased_row_is_not_claimed_again(kind: OwedWork) -> None:
    owe("clock")
    assert is_claimed(kind, "clock")
    assert not is_claimed(kind, "clock")
    assert claimed(kind) == []
    assert not is_any_due(kind)


@both
def test_what_is_not_due_yet_is_not_claimed(kind: OwedWork) -> None:
    owe("clock", in_seconds=30)
    assert not is_claimed(kind, "clock")
    assert claimed(kind) == []
    assert not is_any_due(kind)


@both
def test_what_is_settled_is_not_claimed(kind: OwedWork) -> None:
    owe("clock", status="done")
    assert not is_claimed(kind, "clock")
    assert not is_claimed(kind, "clock", or_if=Parcel.name == "clock")
    assert claimed(kind) == []


@both
def test_a_lease_that_is_over_is_taken_over(kind: OwedWork) -> None:
    owe("clock")
    assert is_claimed(kind, "clock")
    with moved_clock(seconds=60):
        assert is_any_due(kind)
        assert claimed(kind) == ["clock"]


@both
def test_a_condition_may_allow_a_claim_before_its_time(kind: OwedWork) -> None:
    owe("clock", in_seconds=30)
    assert not is_claimed(kind, "clock", or_if=Parcel.attempts > 0)
    assert is_claimed(kind, "clock", or_if=Parcel.attempts == 0, attempts=Parcel.attempts + 1)
    assert stored("clock").attempts == 1


@both
def test_what_has_been_due_longest_is_claimed_first(kind: OwedWork) -> None:
    owe("late", in_seconds=-10)
    owe("later", in_seconds=-5)
    owe("latest", in_seconds=-20)
    assert claimed(kind, most=2) == ["latest", "late"]
    assert claimed(kind) == ["later"]


def test_a_failed_attempt_ends_the_lease_and_waits_longer_each_time() -> None:
    owe("clock")
    assert claimed(PARCELS) == ["clock"]
    assert not fail("clock")
    row = stored("clock")
    assert (row.attempts, row.leased_until, row.last_error) == (1, None, "the road is closed")
    assert claimed(PARCELS) == []
    with moved_clock(seconds=10):
        assert claimed(PARCELS) == ["clock"]
        assert not fail("clock")
        assert claimed(PARCELS) == []
    with moved_clock(seconds=31):
        assert claimed(PARCELS) == ["clock"]


def test_work_is_parked_after_its_last_attempt() -> None:
    owe("clock")
    assert [fail("clock"), fail("clock"), fail("clock")] == [False, False, True]
    assert (stored("clock").status, stored("clock").attempts) == ("parked", 3)
    with moved_clock(days=1):
        assert claimed(PARCELS) == []


def test_what_another_settled_meanwhile_is_neither_postponed_nor_settled_again() -> None:
    owe("clock")
    assert settled("clock") == 1
    assert not fail("clock")
    assert settled("clock") == 0
    assert (stored("clock").status, stored("clock").attempts) == ("done", 0)


def test_an_error_is_cut_to_what_is_read() -> None:
    owe("clock")
    fail("clock", error_text(ValueError("x" * 5000)))
    assert stored("clock").last_error == ("ValueError: " + "x" * 5000)[:2000]


@both
def test_two_claimers_at_once_get_different_rows(app: Flask, kind: OwedWork) -> None:
    names = [f"parcel {number:02}" for number in range(40)]
    owe(*names)
    start = Barrier(2)

    def claim_some() -> list[str]:
        with app.app_context():
            start.wait(10)
            return [name for _ in range(4) for name in claimed(kind, most=5)]

    with ThreadPoolExecutor(2) as pool:
        first, second = (future.result() for future in [pool.submit(claim_some), pool.submit(claim_some)])
    assert sorted(first + second) == names


@pytest.mark.postgresql
def test_a_row_that_is_being_claimed_is_skipped_and_not_waited_for(app: Flask) -> None:
    owe("clock", in_seconds=-10)
    owe("vase")
    with unit_of_work(kernel_actor()) as work:
        assert [row.name for row in claim_due(work, PARCELS, 1, lease=LEASE)] == ["clock"]
        with ThreadPoolExecutor(1) as pool:
            def claim_elsewhere() -> list[str]:
                with app.app_context():
                    return claimed(PARCELS)
            assert pool.submit(claim_elsewhere).result(10) == ["vase"]
        work.commit()


@both
def test_two_claimers_of_one_row_do_not_both_get_it(app: Flask, kind: OwedWork) -> None:
    owe("clock")
    start = Barrier(2)

    def try_it() -> bool:
        with app.app_context():
            start.wait(10)
            return is_claimed(kind, "clock")

    with ThreadPoolExecutor(2) as pool:
        tries = [pool.submit(try_it), pool.submit(try_it)]
    assert sorted(one.result() for one in tries) == [False, True]

"""A command of the terminal that is tried before one is asked: what it refuses, and what it cannot bring back."""
from collections.abc import Callable
from typing import TypeVar

from app.actor import Actor
from app.data.batches import yield_write_lock
from app.data.unit_of_work import unit_of_work

T = TypeVar("T")


def rehearse(actor: Actor, command: Callable[[], T]) -> T:
    """Return what a command would return: it is run in a transaction that is rolled back. Raises what it raises.

    Rows it returns are read no more: they are gone with the transaction."""
    with unit_of_work(actor) as work:
        done = command()
        work.flush()  # unique rules speak when rows are sent
        work.rollback()
    return done


def rehearse_one_of_many(actor: Actor, command: Callable[[], T]) -> T:
    """Return and raise the same of one of many that are rehearsed one after the other: others write in between."""
    try:
        return rehearse(actor, command)
    finally:
        yield_write_lock()

"""What the data floor holds for one application: engines, cache versions, the totals of lists, the joins of objects.

The runtime above makes it and carries it; here it is found without knowing the runtime."""
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeVar

from flask import current_app
from sqlalchemy import Engine

from app.data.entity import db
from app.data.holder import RUNTIME
from app.data.list_cache import CacheVersions
from app.data.resting_connections import RestingConnections

if TYPE_CHECKING:  # the reads stand on the engines kept here
    from app.data.reads.joins import Joins
    from app.data.reads.remembered import RememberedReads
    from app.data.reads.totals import RowTotals

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Engines:
    """The engine of the application, with the options of reads and of commands."""

    reads: Engine
    writes: Engine


@dataclass
class DataHoldings:
    """Made once per application; the engines are prepared at the first use, inside its context."""

    cache_versions: CacheVersions
    totals: "RowTotals"
    remembered: "RememberedReads"
    find_joins: Callable[[], "Joins"]
    resting: RestingConnections | None = None
    """Of a process that serves requests until it ends (gunicorn.conf.py); others give each connection back at once."""

    @cached_property
    def joins(self) -> "Joins":
        """What the objects of the services point at."""
        return self.find_joins()

    @cached_property
    def engines(self) -> Engines:
        """Reads in autocommit; commands in transactions, which begin IMMEDIATE on SQLite."""
        return Engines(db.engine.execution_options(reads_only=True), db.engine.execution_options(writes=True))


class _Holder(Protocol):
    """What the data floor knows of the runtime."""

    @property
    def data(self) -> DataHoldings:
        """What the data floor holds."""

    def part(self, kind: type[P]) -> P:
        """What was handed down, by its type."""


def holdings() -> DataHoldings:
    """Return what the data floor holds for the current application."""
    holder: _Holder = current_app.extensions[RUNTIME]
    return holder.data


def handed_down(kind: type[P]) -> P:
    """Return what a service handed down to the data floor (`hands_down`), or what the type makes of nothing."""
    holder: _Holder = current_app.extensions[RUNTIME]
    return holder.part(kind)

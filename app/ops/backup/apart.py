"""What a service keeps beside the main database, as a backup sees it: a catalog, and groups of databases named by it.

Declared by the service (`apart=` in its service.py), kept in the runtime by the factory."""
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.settings import Settings

if TYPE_CHECKING:  # every process loads this module, few need what is below
    from app.ops.backup.databases import Database


class ApartStore(Protocol):
    """The databases of one service in one place, which the settings name."""

    kind: str
    """sqlite or postgresql."""

    @property
    def catalog(self) -> "Database":
        """The database that names the groups."""

    def groups(self) -> Sequence[str]:
        """Return the groups whose databases are whole, from the catalog; none when there is no catalog yet."""

    def is_wanted(self, group: str) -> bool:
        """Tell whether the catalog still names the group, and its databases ought to be there."""

    def databases(self, group: str) -> "Mapping[str, Database]":
        """Return the databases of a group by part."""

    def database(self, group: str, part: str) -> "Database":
        """Return where a part of a group is; raises ValueError for a name that none can have."""

    def forget(self, group: str) -> None:
        """Take a group out of the catalog."""

    def close(self) -> None:
        """Let go of every connection."""

    @property
    def files(self) -> Path | None:
        """The folder of files the operator put there, which belong to what is true."""


class ApartStores(dict[str, Callable[[Settings], ApartStore]]):
    """How the store of each service that has one is opened, by the service's name."""

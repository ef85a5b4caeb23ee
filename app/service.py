"""What a service says of itself: one declaration, in its `service.py`, of everything it brings.

app/factory.py lists the declarations; nothing else joins a service to the application."""
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from werkzeug.utils import import_string

from app.annotations import annotations_in
from app.data.moderated_kinds import ModeratedKind, ModeratedKinds, PersonEffect
from app.data.person_rows import Obligation, PersonRows
from app.data.reads.joins import Joins, JoinTarget, ObjectRelations
from app.data.visibility import ReadObject
from app.events.subscriptions import Subscription
from app.http.private_files import FileProperty
from app.http.service import Service
from app.notify.letter_templates import LetterTemplate
from app.notify.notice_kinds import NoticeKind
from app.ops.backup.apart import ApartStore
from app.ops.findings import Check
from app.ops.mends import Mend, NamedMend
from app.ops.queues import Queue
from app.payments.checkout import Checkout
from app.search.catalogue import INDEX_MEND, DeclaredIndex, check_index, mend_index
from app.settings import REALM_CODENAMES, Settings

if TYPE_CHECKING:  # commands of the terminal load no routes
    from app.http.declaration import Routes

EVERY_REALM = tuple(REALM_CODENAMES)


@dataclass(frozen=True, kw_only=True)
class ServiceDeclaration:
    """One service; what it does not bring is left out. `version` is a map where realms differ."""

    name: str
    version: str | Mapping[str, str]
    description: str
    realms: tuple[str, ...]
    path: str = ""
    """Where it is mounted, when that is not `/<realm>/<name>-api` (app/http/service.py)."""
    also_at: str = ""
    """Another name of that place, below the realm: what is asked there is answered as if it were asked here."""

    routes: str | None = None
    """The import path of its URL map or, where routes differ by realm, of the function that writes it for one: a
    command of the terminal imports no routes."""
    join: str | None = None
    """The import path of what mounts a service outside the realms, with a front of its own, instead: (app, service)."""

    background: tuple[ModuleType, ...] = ()
    """The modules whose marked functions run in the background: subscribers, periodic jobs, due work."""
    emits: Callable[[str], Sequence[str]] = lambda _: ()
    """The topics it sends in a realm beside those of its rows and APIs: for the event guide (app/http/documents.py)."""
    indexes: tuple[DeclaredIndex, ...] = ()
    """Its indexes of words. One made of rows follows their events, is checked and mended, without a word more."""
    checkouts: tuple[Checkout, ...] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)
    """What `flask doctor` asks of it, by name."""
    apart: Callable[[Settings], ApartStore] | None = None
    """What it keeps beside the main database, as a backup takes it (app/ops/backup/apart.py)."""
    mends: Mapping[str, Mend | NamedMend] = field(default_factory=dict)
    """What `flask doctor --fix` does about them, by the check's name; or who must look, and how."""
    queues: Mapping[str, Queue] = field(default_factory=dict)
    """What waits in it for somebody or something, by name: `flask status` and /metrics show them."""
    cli: tuple[str, ...] = ()
    """The import paths of its command groups: cli/__init__.py loads them only when they are called."""
    settings: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)
    """The settings whose grammar only it knows, and what reads them or raises ValueError or ArithmeticError."""
    persons: tuple[PersonRows, ...] = ()
    """What the export of a person has of its rows, and what becomes of them when that person is gone for good: every
    table that names people."""
    obligations: tuple[Obligation, ...] = ()
    """What others wait for from a person: who owes something is not erased (docs/decisions/099)."""
    relations: tuple[ObjectRelations, ...] = ()
    """What its objects point at: `getJoins` adds the targets to their rows (app/data/reads/joins.py)."""
    targets: tuple[JoinTarget, ...] = ()
    """What it shows of its own objects beside the rows that point at them."""
    readable: tuple[ReadObject, ...] = ()
    """Its data objects as they are read: who sees which rows, what words find them (app/data/visibility)."""
    files: tuple[FileProperty, ...] = ()
    """Which properties of its objects show private files of their owner (app/http/private_files.py)."""
    moderated: tuple[ModeratedKind, ...] = ()
    """Which of its objects staff moderate, and how each is done."""
    reads_what_is_written: Callable[[ModeratedKinds], Subscription] | None = None
    """The subscriber that reads what people write, of the kinds of all services."""
    follows_what_is_joined: Callable[[Joins], Subscription] | None = None
    """The subscriber that keeps copies of what objects point at, of the relations of all services."""
    person_effects: tuple[PersonEffect, ...] = ()
    """What it does to its rows when staff suspend or ban their person."""
    notices: Mapping[str, NoticeKind] = field(default_factory=dict)
    """What it tells people in its realms, by type."""
    letters: tuple[LetterTemplate, ...] = ()
    """What else it writes to people: letters that are no notice of the app."""
    hands_down: tuple[object, ...] = ()
    """Tables for services on lower floors, which cannot import it; each is held by the runtime under its type."""

    def in_realm(self, realm: str) -> Service:
        """Return the service as it is mounted in one realm."""
        version = self.version if isinstance(self.version, str) else self.version[realm]
        return Service(realm, self.name, version, self.description, self.path)

    @property
    def all_checks(self) -> Mapping[str, Check]:
        """Return what `flask doctor` asks of it, and of each index that its rows feed."""
        fed = {f"search of {name}": partial(check_index, name) for name in self._fed}
        return {**self.checks, **fed}

    @property
    def all_mends(self) -> Mapping[str, Mend | NamedMend]:
        """Return what `flask doctor --fix` does about these."""
        fed = {f"search of {name}": Mend(INDEX_MEND, partial(mend_index, name)) for name in self._fed}
        return {**self.mends, **fed}

    @property
    def _fed(self) -> list[str]:
        return [index.schema.name for index in self.indexes if index.present is not None]

    def subscriptions(self, kinds: ModeratedKinds, joins: Joins) -> tuple[Subscription, ...]:
        """Return its subscribers; `kinds` is what staff moderate, `joins` what objects point at, of all services."""
        marked = tuple(one for one in annotations_in(self.background) if isinstance(one, Subscription))
        fed = tuple(feed for index in self.indexes if (feed := index.fed) is not None)
        of_all = (*(() if self.reads_what_is_written is None else (self.reads_what_is_written(kinds),)),
                  *(() if self.follows_what_is_joined is None else (self.follows_what_is_joined(joins),)))
        return (*marked, *fed, *of_all)

    def routes_in(self, realm: str) -> "Routes | None":
        """Return its URL map in one realm."""
        found = None if self.routes is None else import_string(self.routes)
        return found(realm) if callable(found) else found

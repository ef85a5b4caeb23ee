"""Private files in answers: which property of which object shows one, and the token its address gets (decision 50).

The token is added to each answer at the very last: no row, event, remembered list or stored answer ever has one."""
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from app.actor import Actor
from app.data.entity import Entity
from app.data.holdings import holdings
from app.data.reads.joins import JoinTarget
from app.data.serialization import Wire, row_serializer
from app.errors import InvalidInput
from app.identity.file_tokens import file_token
from app.runtime import runtime
from app.web_addresses import OurFile, our_file

_EXPECTED = "expected a file of your own, a public one, or an https address"


@dataclass(frozen=True, slots=True)
class FileProperty:
    """A property that holds the address of a private file of the row's owner, or a list of such addresses.

    Whoever gets the row gets to read the file. `name` and `owner` are names of the wire; `owner` holds a user's id."""

    model: type[Entity]
    name: str
    owner: str = "_owner"


@dataclass(frozen=True, slots=True)
class UsableFiles:
    """Handed down by the buckets: which of these files a person may show, public ones and private ones of his own."""

    among: Callable[[Actor, Collection[str]], Collection[str]] = lambda actor, file_ids: ()


_Places = tuple[tuple[str, tuple[FileProperty, ...]], ...]


class FileProperties:
    """All properties of one application that show private files; filled by the factory."""

    def __init__(self, declared: Iterable[FileProperty] = (), targets: Iterable[JoinTarget] = ()) -> None:
        """Raises ValueError for a name that no row has, and for a join that shows a file without its owner."""
        self._of: dict[str, list[FileProperty]] = defaultdict(list)
        self._places: dict[type[Entity], _Places] = {}
        for one in declared:
            if not {field.name for field in row_serializer(one.model).fields}.issuperset((one.name, one.owner)):
                raise ValueError(f"{one.model.__object__}: no row has {one.name} and {one.owner}")
            self._of[one.model.__object__].append(one)
        for target in targets:
            for one in self._of.get(target.object, ()):
                if one.name in target.fields and one.owner not in target.fields:
                    raise ValueError(f"the join target {target.object} shows {one.name} without {one.owner}")

    def of(self, model: type[Entity] | None) -> tuple[FileProperty, ...]:
        """Return the properties of an object."""
        return () if model is None else tuple(self._of.get(model.__object__, ()))

    def places(self, model: type[Entity] | None) -> _Places:
        """Return which members of an object's row are rows with such properties; "" is the row itself."""
        if model is None or not self._of:
            return ()
        if model not in self._places:
            joined = ((relation.shown_as, tuple(self._of.get(target.object, ())))
                      for relation, target in holdings().joins.of(model))
            self._places[model] = tuple(place for place in (("", self.of(model)), *joined) if place[1])
        return self._places[model]


def with_read_tokens(actor: Actor, model: type[Entity] | None, shown: bytes) -> bytes:
    """Return the JSON of a row of the model, or of a list of them, with a read token behind each of our addresses.

    Only who has a session reads files; everybody else gets the JSON as it is."""
    places = runtime().part(FileProperties).places(model)
    if not places or actor.session_id is None:
        return shown
    rows: Any = orjson.loads(shown)
    for row in rows if isinstance(rows, list) else [rows]:
        for member, properties in places:
            for one in _rows_at(row, member):
                for file in properties:
                    if file.name in one:  # a join target may show other fields alone
                        one[file.name] = _readable(actor, one[file.name], one.get(file.owner))
    return orjson.dumps(rows)


def require_usable_files(actor: Actor, model: type[Entity] | None, said: Mapping[str, Any]) -> None:
    """Raise InvalidInput that names each property by which the actor would show a private file that is not his.

    `said`: what a body says, by the names of the wire, `<name>_append` of lists too. The front asks it of each body of
    an API that returns the model; a command asks it of what stands deeper in one. Foreign addresses are all fine."""
    properties = runtime().part(FileProperties).of(model)
    named = {name: list(_files_in(said.get(name)))
             for one in properties for name in (one.name, f"{one.name}_append")}
    ids = {file.file_id for files in named.values() for file in files}
    if not ids:
        return
    usable = set(runtime().part(UsableFiles).among(actor, ids))
    wrong = [name for name, files in named.items()
             if any(file.file_id not in usable or not _is_of(actor, file) for file in files)]
    if wrong:
        raise InvalidInput("; ".join(f"{name}: {_EXPECTED}" for name in wrong), detail=dict.fromkeys(wrong, _EXPECTED))


def _rows_at(row: Wire, member: str) -> Iterator[Wire]:
    found = row.get(member) if member else row
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, dict):
            yield one


def _readable(actor: Actor, value: Any, owner_id: str | None) -> Any:
    if isinstance(value, list):
        return [_readable(actor, one, owner_id) for one in value]
    file = our_file(value, runtime().settings.public_url) if isinstance(value, str) else None
    if file is None or owner_id is None or not _is_of(actor, file):
        return value
    settings = runtime().settings
    token = file_token(settings.secret_key, actor, file.file_id, owner_id, settings.file_token_seconds)
    return f"{file.address}?token={token}"


def _files_in(value: Any) -> Iterator[OurFile]:
    for one in value if isinstance(value, list) else [value]:
        file = our_file(one, runtime().settings.public_url) if isinstance(one, str) else None
        if file is not None:
            yield file


def _is_of(actor: Actor, file: OurFile) -> bool:
    """Return whether the file is one of the actor's realm; behind a proxy of the realm its address does not say."""
    return file.realm in (None, actor.realm)

"""If-Match: the version a client named for one object, compared by the unit of work when it locks or changes it."""
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from app.data.entity import Entity
from app.errors import PreconditionFailed


@dataclass(slots=True)
class Expectation:
    """The version a client named for one object; it holds for the first change only, which makes the next version."""

    object_id: str
    version: int
    at_lock: bool
    met: bool = False

    def check(self, entity: Entity) -> None:
        """Raise PreconditionFailed when this very object has another version than was named."""
        if self.met or entity.id != self.object_id:
            return
        if entity.record_version != self.version:
            raise PreconditionFailed(f"the record has recordVersion {entity.record_version}")
        self.met = True


named_version: ContextVar[Expectation | None] = ContextVar("named_version", default=None)


@contextmanager
def expecting(named: tuple[str, int] | None, *, at_lock: bool = False) -> Iterator[None]:
    """Let the block's units of work refuse to change object `named[0]` unless its version is `named[1]` (If-Match).

    `at_lock` refuses when the object is first locked: for commands that act outside the database in between."""
    token = named_version.set(Expectation(*named, at_lock) if named else None)
    try:
        yield
    finally:
        named_version.reset(token)

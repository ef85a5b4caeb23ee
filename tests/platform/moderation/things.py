"""Things that staff moderate, without a service behind them."""
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from app.actor import Actor
from app.data.moderated_kinds import Subject


class Things:
    """Subjects by id; what is not here is not there."""

    def __init__(self) -> None:
        self.subjects: dict[str, tuple[str, Subject]] = {}

    def add(self, person_id: str, entity_type: str = "PRODUCT", id: str | None = None, **fields: Any) -> str:
        """Add a thing of this person and return its id."""
        thing_id = id or str(uuid4())
        subject = Subject(title="Rolex", person_id=person_id, content={"title": "Rolex"}, words="Rolex")
        self.subjects[thing_id] = entity_type, replace(subject, **fields)
        return thing_id

    def change(self, thing_id: str, **fields: Any) -> None:
        """Change what is read of a thing."""
        entity_type, subject = self.subjects[thing_id]
        self.subjects[thing_id] = entity_type, replace(subject, **fields)

    def read_as(self, entity_type: str) -> Callable[[Actor, str], Subject | None]:
        """Return how a kind reads its things."""
        def read(actor: Actor, thing_id: str) -> Subject | None:
            found_type, subject = self.subjects.get(thing_id, (None, None))
            return subject if found_type == entity_type else None
        return read

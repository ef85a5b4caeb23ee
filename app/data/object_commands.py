"""Commands on one object that have no rule of their own; one with a rule opens its own unit of work instead."""
from typing import Any, TypeVar

from app.actor import Actor
from app.data.entity import Entity
from app.data.moderated_kinds import Decide
from app.data.unit_of_work import UnitOfWork, unit_of_work

E = TypeVar("E", bound=Entity)


def insert_object(actor: Actor, entity: E) -> E:
    """Insert a new object; raises DuplicateRecord when its id or a unique value is taken."""
    with unit_of_work(actor) as work:
        work.insert(entity)
        work.commit()
    return entity


def change_object(actor: Actor, model: type[E], object_id: str, **values: Any) -> E:
    """Set the given properties of an active object; raises NotFound, DuplicateRecord."""
    with unit_of_work(actor) as work:
        entity = work.change(work.lock(model, object_id), **values)
        work.commit()
    return entity


def archive_object(actor: Actor, model: type[E], object_id: str) -> E:
    """Soft-delete an active object; raises NotFound."""
    with unit_of_work(actor) as work:
        entity = work.archive(work.lock(model, object_id))
        work.commit()
    return entity


def hold_object(work: UnitOfWork, model: type[Entity], object_id: str, decide: Decide) -> list[str]:
    """Hold an object, archived too, as moderation decides, or let it go; raises NotFound."""
    entity = work.lock(model, object_id, archived_too=True)
    work.change(entity, held=decide(getattr(entity, "held", None)).kind)
    return []


def restore_object(actor: Actor, model: type[Entity], object_id: str) -> bool:
    """Bring a soft-deleted object back; returns whether it was gone. Raises NotFound, DuplicateRecord."""
    with unit_of_work(actor) as work:
        entity = work.lock(model, object_id, archived_too=True)
        was_gone = not entity.is_active
        work.restore(entity)
        work.commit()
    return was_gone

"""Holds things as an act of moderation does, without the act: what services do with a hold is asked here."""
from collections.abc import Iterable

from app.actor import system_actor
from app.data.moderated_kinds import HoldChange, ModeratedKinds, Subject
from app.data.unit_of_work import unit_of_work
from app.runtime import runtime
from tests.clients import ApiClient

ACT = "00000000-0000-7000-8000-0000000000a1"
OTHER_ACT = "00000000-0000-7000-8000-0000000000a2"
_SYSTEM = system_actor("marketplace")


def hold(entity_type: str, entity_id: str, kind: str = "HIDDEN", act: str = ACT) -> None:
    """Hold a thing."""
    _change(entity_type, entity_id, HoldChange(kind, act))


def show_again(entity_type: str, entity_id: str, acts: Iterable[str] = (ACT,)) -> list[str]:
    """Let a thing go that these acts held; returns what cannot come back."""
    return _change(entity_type, entity_id, HoldChange(None, ACT, frozenset(acts)))


def subject(entity_type: str, entity_id: str) -> Subject | None:
    """Return a thing as moderation reads it."""
    read = runtime().part(ModeratedKinds)["marketplace", entity_type].read
    assert read is not None
    return read(_SYSTEM, entity_id)


def seen(viewer: ApiClient, path: str) -> int:
    """Return the status with which a viewer gets a path."""
    return viewer.get(path).status_code


def _change(entity_type: str, entity_id: str, change: HoldChange) -> list[str]:
    set_hold = runtime().part(ModeratedKinds)["marketplace", entity_type].set_hold
    assert set_hold is not None
    with unit_of_work(_SYSTEM) as work:
        lost = set_hold(work, entity_id, lambda _: change)
        work.commit()
    return lost

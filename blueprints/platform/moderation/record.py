"""The contract's record of what staff did, one row an act (M-24): the marketplace hands it down, others have none."""
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.actor import Actor
from app.runtime import runtime
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.rules import NOBODY

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

_DONE = {"WARN": "ADMIN_NOTE", "HIDE": "SOFT_DELETE", "REMOVE": "SOFT_DELETE", "SHOW_AGAIN": "RESTORE",
         "SUSPEND": "MANUAL_CORRECTION", "BAN": "MANUAL_CORRECTION", "UNBAN": "MANUAL_CORRECTION",
         "OVERRIDE_FEEDBACK": "FEEDBACK_OVERRIDE"}
_UNDONE = {"WARN": "ADMIN_NOTE", "HIDE": "RESTORE", "REMOVE": "RESTORE", "SHOW_AGAIN": "SOFT_DELETE",
           "SUSPEND": "MANUAL_CORRECTION", "BAN": "MANUAL_CORRECTION", "UNBAN": "MANUAL_CORRECTION",
           "OVERRIDE_FEEDBACK": "FEEDBACK_OVERRIDE"}
_NAMED = frozenset({"USER", "PRODUCT", "FEEDBACK", "MEDIA", "CATEGORY", "NOTIFICATION", "ORDER", "SEARCHINDEX"})
"""What the contract's record can name; everything else stands there as its person."""


def _no_record(actor: Actor, entity_type: str, entity_id: str, action_type: str, reason: str,
               act_kind: str | None) -> None:
    """The record of a realm whose contract has none."""


@dataclass(frozen=True)
class ActRecord:
    """How an act is written down in the contract's record: actor, entity type, entity id, action type, reason,
    and the finer kind, None for what is no act. `realms` are those whose contract has the record."""

    note: Callable[[Actor, str, str, str, str, str | None], None] = _no_record
    realms: frozenset[str] = frozenset()


def record_act(actor: Actor, act: Act) -> None:
    """Write down what was done, in the transaction that does it."""
    _record(actor, act, _DONE[act.kind], act.reason, act.kind)


def record_undoing(actor: Actor, act: Act, reason: str) -> None:
    """Write down that it was undone."""
    _record(actor, act, _UNDONE[act.kind], f"undo a{act.number}: {reason}", f"UNDO_{act.kind}")


def record_reading(actor: Actor, message_id: str, person_id: str | None, parties: Collection[str]) -> None:
    """Write down that staff read a message between others, a superAdmin too (M-22).

    `person_id` is who wrote it. Of one that is gone for good no parties are known, and it counts as foreign. Where the
    contract has no record, the audit alone says so."""
    from app.data.unit_of_work import unit_of_work

    if actor.user_id in parties:
        return
    record = runtime().part(ActRecord)
    if actor.realm in record.realms:
        record.note(actor, "USER", person_id or NOBODY, "ADMIN_NOTE", f"read message {message_id}", None)
        return
    with unit_of_work(actor) as work:
        audit.note(work, "message.read", id=message_id, personId=person_id)
        work.commit()


def record_restoring(work: "UnitOfWork", entity_type: str, entity_id: str, reason: str) -> None:
    """Write down that something deleted came back, in the transaction that does it; where the contract has no record,
    the audit alone says so."""
    record = runtime().part(ActRecord)
    if work.actor.realm in record.realms:
        record.note(work.actor, entity_type, entity_id, "RESTORE", reason, None)
    else:
        audit.note(work, "thing.restored", entityType=entity_type, entityId=entity_id, reason=reason)


def _record(actor: Actor, act: Act, action_type: str, reason: str, kind: str) -> None:
    record = runtime().part(ActRecord)
    if actor.realm not in record.realms:
        return
    if act.entity_type in _NAMED:
        record.note(actor, act.entity_type, act.entity_id, action_type, reason, kind)
    else:
        record.note(actor, "USER", act.person_id or act.entity_id, action_type,
                    f"{act.entity_type} {act.entity_id}: {reason}", kind)

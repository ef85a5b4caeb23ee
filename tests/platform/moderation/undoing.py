"""Acts in random order, their undo in reverse, and all rows that must be as they were then, in any realm (M-27)."""
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, select, true

from app.actor import Actor
from app.data.entity import db
from app.data.reads import fetch
from app.errors import RuleViolated
from blueprints.platform.moderation import acts, cases
from blueprints.platform.moderation.acts import ActOrder

NOT_COMPARED = frozenset({
    # history
    "moderation_act", "moderation_audit", "moderation_audit_head", "moderation_case", "moderation_counter",
    "moderation_evidence", "moderation_hold", "moderation_note", "moderation_strike", "admin_moderation_action",
    "security_event", "job_run", "idempotency_key",
    # outbox and deliveries, notices, letters, sessions
    "outbox_record", "outbox_log", "event_delivery", "notification", "notice", "notice_unread", "mail_message",
    "login_session",
    # copies of rows that are compared themselves
    "stored_view", "stored_view_part",
})
NEVER_COMPARED = frozenset({"record_version", "updated_at", "request_id"})
MADE_ANEW = frozenset({"id", "created_at", "indexed_at"})
_TRIES = 5


def tables() -> set[tuple[str, str]]:
    """Return every row of a table that must be as it was, without what a return changes, too: (table, row) as text."""
    rows = set()
    for name, table in db.metadata.tables.items():
        if name not in NOT_COMPARED:
            known = NEVER_COMPARED | (MADE_ANEW if name == "marketplace_search_index" else frozenset())
            rows.update((name, repr(_without_versions(row))) for row in (
                {column: value for column, value in found._mapping.items() if column not in known}
                for found in fetch(select(*table.c).where(_shown(table)))))
    return rows


def perform(staff: Actor, draw: Callable[[], ActOrder], count: int) -> list[int]:
    """Do acts as they are drawn until so many are done; returns their numbers.

    What is refused, or stands already, is drawn again. Raises AssertionError when too little of it can be done."""
    numbers: list[int] = []
    for _ in range(_TRIES * count):
        number = _done(staff, draw())
        if number is not None:
            numbers.append(number)
        if len(numbers) == count:
            return numbers
    raise AssertionError(f"{len(numbers)} of {count} acts could be done")


def undo_in_reverse(staff: Actor, numbers: Sequence[int]) -> None:
    """Undo these acts, the last one first."""
    for number in reversed(numbers):
        acts.undo(staff, number, reason="so it is not")


def _done(staff: Actor, order: ActOrder) -> int | None:
    known = {row.number for row in fetch(select(acts.Act.number))}
    try:
        made = cases.act(staff, order, reason="so it is", strike=False)
    except RuleViolated:
        return None
    number = made.acts[0].number
    return None if number in known else number


def _shown(table: Table) -> ColumnElement[bool]:
    """A search record that is archived was made anew: it follows from its listing."""
    return table.c.is_active.is_(True) if table.name == "marketplace_search_index" else true()


def _without_versions(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_versions(one) for name, one in sorted(value.items())
                if name not in ("recordVersion", "updatedAt")}
    return value

"""The tables of moderation, in every realm (moderation.md, Tables); what is hidden is in no event, index or answer.

Here are cases; what stands beside them is in case_file_models.py, reports in report_models.py, what was done in
act_models.py."""
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.data.columns import boolean, choice, constant, identifier, instant, integer, string, text
from app.data.entity import Entity
from blueprints.platform.moderation.rules import CASE_KINDS, CASE_STATES, ENTITY_TYPES


class Case(Entity):
    """One thing that staff have to judge, with all that was reported of it; `number` is its name for people."""

    __tablename__ = "moderation_case"
    __service__ = "adminModeration"
    __object__ = "moderationCase"
    __in_common__ = True
    __lock_rank__ = 6
    __duplicates__ = {"uq_moderation_case_open": ("CaseOpen", "There is an open case of this already")}

    realm: Mapped[str] = string(16, required=True, hidden=True)
    number: Mapped[int] = integer(required=True)
    kind: Mapped[str] = choice(CASE_KINDS)
    entity_type: Mapped[str] = choice(ENTITY_TYPES)
    entity_id: Mapped[str] = identifier(required=True)
    person_id: Mapped[str | None] = identifier()
    """Whom the thing concerns: its seller, author or uploader; the person itself."""
    state: Mapped[str] = choice(CASE_STATES, default="OPEN")
    is_pending: Mapped[bool] = boolean(default=True, hidden=True)
    """Open or assigned: what the indexes of the queue stand on."""
    priority: Mapped[int] = integer(required=True, default=0)
    urgency: Mapped[int] = integer(required=True, default=0, hidden=True)
    """Priority with its sign turned: the queue is one index in one direction."""
    worst: Mapped[int] = integer(required=True, default=0, hidden=True)
    """The weight of the worst reason reported."""
    report_count: Mapped[int] = integer(required=True, default=0)
    opened_at: Mapped[datetime] = instant(required=True)
    assignee_id: Mapped[str | None] = identifier()
    taken_at: Mapped[datetime | None] = instant()
    closed_at: Mapped[datetime | None] = instant()
    closed_by: Mapped[str | None] = identifier()
    rule: Mapped[str | None] = string(64)
    reason: Mapped[str | None] = text()
    previous: Mapped[int | None] = integer()
    """The number of the case of the same thing before this one (M-19); of an appeal, of the case it is about."""


_WAITS = Case.is_pending.is_(True)
_IS_OF_A_THING = _WAITS & (Case.kind != constant("APPEAL"))
Index("uq_moderation_case_open", Case.realm, Case.entity_type, Case.entity_id, unique=True,
      sqlite_where=_IS_OF_A_THING, postgresql_where=_IS_OF_A_THING)
Index("ix_moderation_case_queue", Case.realm, Case.urgency, Case.opened_at, Case.id, sqlite_where=_WAITS,
      postgresql_where=_WAITS)
Index("uq_moderation_case_number", Case.realm, Case.number, unique=True)
Index("ix_moderation_case_thing", Case.realm, Case.entity_type, Case.entity_id, Case.number)
Index("ix_moderation_case_person", Case.realm, Case.person_id, Case.number)
Index("ix_moderation_case_assignee", Case.realm, Case.assignee_id, Case.number)
Index("ix_moderation_case_made", Case.realm, Case.created_at, Case.id)
Index("ix_moderation_case_closed", Case.realm, Case.closed_at)

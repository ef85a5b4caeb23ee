"""The tables of moderation, in every realm (moderation.md, Tables); what is hidden is in no event, index or answer.

Here are cases and what stands beside them; reports stand in report_models.py, what was done in act_models.py."""
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import boolean, choice, constant, identifier, instant, integer, json_object, string, text
from app.data.entity import Base, Entity
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


class CaseNote(Base):
    """What staff wrote on a case, for each other (NOTE) or to the person (QUESTION)."""

    __tablename__ = "moderation_note"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(16))
    case_id: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(16))
    author_id: Mapped[str] = mapped_column(String(36))
    written_at: Mapped[datetime] = instant(required=True)
    text: Mapped[str] = mapped_column(Text)


class Counter(Base):
    """Small numbers of a realm, by name: the last number given to a case, act, strike, appeal or bulk (M-29), and
    `pending`, how many cases wait, which the queue shows as its total."""

    __tablename__ = "moderation_counter"

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class Evidence(Base):
    """What was judged, as it stood when the case opened (M-33); gone once nobody can appeal any more."""

    __tablename__ = "moderation_evidence"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(16))
    case_id: Mapped[str] = mapped_column(String(36))
    entity_type: Mapped[str] = mapped_column(String(32))
    entity_id: Mapped[str] = mapped_column(String(36))
    person_id: Mapped[str | None] = mapped_column(String(36))
    taken_at: Mapped[datetime] = instant(required=True)
    title: Mapped[str | None] = mapped_column(String(255))
    content: Mapped[dict[str, Any] | None] = json_object()
    digest: Mapped[str] = mapped_column(String(64))
    keep_until: Mapped[datetime | None] = instant()


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
Index("ix_moderation_note_case", CaseNote.case_id, CaseNote.id)
Index("ix_moderation_evidence_case", Evidence.case_id)
Index("ix_moderation_evidence_keep_until", Evidence.keep_until)

"""The tables of moderation, in every realm (moderation.md, Tables); what is hidden is in no event, index or answer.

Report, case, act, strike and appeal are additive data objects of adminModeration; the rest are plain tables."""
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import boolean, choice, constant, identifier, instant, integer, json_object, string, text
from app.data.entity import Base, Entity
from blueprints.platform.moderation.rules import (
    ACT_KINDS,
    ACT_STATES,
    APPEAL_STATES,
    CASE_KINDS,
    CASE_STATES,
    ENTITY_TYPES,
    NOBODY,
    REASONS,
    REPORT_STATES,
    SCOPES,
    STRIKE_STATES,
)


def _realm() -> Mapped[str]:
    return string(16, required=True, hidden=True)


class Report(Entity):
    """What one person says is wrong with one thing; who said it is hidden from all but the staff's case (M-20).

    Its `owner` is NOBODY for the same reason."""

    __tablename__ = "moderation_report"
    __service__ = "adminModeration"
    __object__ = "report"
    __lock_rank__ = 7
    __duplicates__ = {"uq_moderation_report_open": ("AlreadyReported", "You have reported this already")}

    realm: Mapped[str] = _realm()
    reporter_id: Mapped[str] = identifier(required=True, hidden=True)
    entity_type: Mapped[str] = choice(ENTITY_TYPES)
    entity_id: Mapped[str] = identifier(required=True)
    case_id: Mapped[str] = identifier(required=True, hidden=True)
    reason: Mapped[str] = choice(REASONS)
    text: Mapped[str | None] = text()
    state: Mapped[str] = choice(REPORT_STATES, default="OPEN")
    is_open: Mapped[bool] = boolean(default=True, hidden=True)
    """The same as state OPEN: what the unique index stands on."""


class Case(Entity):
    """One thing that staff have to judge, with all that was reported of it; `number` is its name for people."""

    __tablename__ = "moderation_case"
    __service__ = "adminModeration"
    __object__ = "moderationCase"
    __in_common__ = True
    __lock_rank__ = 6
    __duplicates__ = {"uq_moderation_case_open": ("CaseOpen", "There is an open case of this already")}

    realm: Mapped[str] = _realm()
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


class Act(Entity):
    """One thing that was done to a thing or its person, with what it found and what it left behind, for its undo."""

    __tablename__ = "moderation_act"
    __service__ = "adminModeration"
    __object__ = "moderationAct"
    __lock_rank__ = 8
    __owner__ = "actor_id"

    realm: Mapped[str] = _realm()
    number: Mapped[int] = integer(required=True)
    kind: Mapped[str] = choice(ACT_KINDS)
    case_id: Mapped[str] = identifier(required=True, hidden=True)
    case_number: Mapped[int] = integer(required=True)
    parent_id: Mapped[str | None] = identifier(hidden=True)
    """The bulk it belongs to."""
    entity_type: Mapped[str] = choice(ENTITY_TYPES)
    entity_id: Mapped[str] = identifier(required=True)
    person_id: Mapped[str | None] = identifier()
    actor_id: Mapped[str] = identifier(required=True)
    operator: Mapped[str | None] = string(hidden=True)
    by_machine: Mapped[bool] = boolean(default=False)
    reason: Mapped[str] = text(required=True)
    rule: Mapped[str | None] = string(64)
    until: Mapped[datetime | None] = instant()
    scope: Mapped[str | None] = choice(SCOPES, required=False)
    strike_number: Mapped[int | None] = integer()
    state: Mapped[str] = choice(ACT_STATES, default="STANDING")
    before: Mapped[dict[str, Any] | None] = json_object(hidden=True)
    after: Mapped[dict[str, Any] | None] = json_object(hidden=True)
    undone_at: Mapped[datetime | None] = instant()
    undone_by: Mapped[str | None] = identifier()
    undone_reason: Mapped[str | None] = text()


class Strike(Entity):
    """What stands against a person for one case, until it lapses or is revoked; one a person and case (M-15)."""

    __tablename__ = "moderation_strike"
    __service__ = "adminModeration"
    __object__ = "strike"
    __lock_rank__ = 9
    __owner__ = "person_id"

    realm: Mapped[str] = _realm()
    number: Mapped[int] = integer(required=True)
    person_id: Mapped[str] = identifier(required=True)
    case_id: Mapped[str] = identifier(required=True, hidden=True)
    case_number: Mapped[int] = integer(required=True)
    act_kind: Mapped[str] = choice(ACT_KINDS)
    """The heaviest act of the case."""
    reason: Mapped[str] = text(required=True)
    rule: Mapped[str | None] = string(64)
    struck_by: Mapped[str] = identifier(required=True, hidden=True)
    state: Mapped[str] = choice(STRIKE_STATES, default="ACTIVE")
    lapses_at: Mapped[datetime] = instant(required=True)
    appeal_until: Mapped[datetime] = instant(required=True)
    revoked_at: Mapped[datetime | None] = instant()


class Appeal(Entity):
    """A person's one answer to a strike, or to a suspension that left none; it is judged as a case of kind APPEAL
    (decision 30, docs/decisions/081)."""

    __tablename__ = "moderation_appeal"
    __service__ = "adminModeration"
    __object__ = "appeal"
    __lock_rank__ = 10
    __owner__ = "person_id"
    __duplicates__ = {"uq_moderation_appeal_strike": ("AlreadyAppealed", "This strike was appealed already"),
                      "uq_moderation_appeal_act": ("AlreadyAppealed", "This was appealed already")}

    realm: Mapped[str] = _realm()
    number: Mapped[int] = integer(required=True)
    strike_id: Mapped[str | None] = identifier(hidden=True)
    strike_number: Mapped[int | None] = integer()
    act_id: Mapped[str | None] = identifier(hidden=True)
    """The first suspension or ban of its case, where they left no strike."""
    act_number: Mapped[int | None] = integer()
    case_id: Mapped[str] = identifier(required=True, hidden=True)
    person_id: Mapped[str] = identifier(required=True)
    reason: Mapped[str | None] = text()
    """Why it was decided so."""
    text: Mapped[str] = text(required=True)
    state: Mapped[str] = choice(APPEAL_STATES, default="OPEN")
    decided_at: Mapped[datetime | None] = instant()
    decided_by: Mapped[str | None] = identifier(hidden=True)
    is_own_strike: Mapped[bool] = boolean(default=False, hidden=True)
    """Whoever struck decided, too, for want of another (M-14)."""


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


class ReporterRecord(Base):
    """How a person's reports ended, which is what they weigh; `muted_until` for who abuses reporting (M-32)."""

    __tablename__ = "moderation_reporter"

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    upheld: Mapped[int] = mapped_column(Integer, default=0)
    declined: Mapped[int] = mapped_column(Integer, default=0)
    muted_until: Mapped[datetime | None] = instant()


def _where(name: str, *columns: Any, where: ColumnElement[bool], unique: bool = False) -> None:
    Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


_where("uq_moderation_report_open", Report.realm, Report.reporter_id, Report.entity_type, Report.entity_id,
       where=Report.is_open.is_(True) & (Report.reporter_id != constant(NOBODY)), unique=True)
Index("ix_moderation_report_case", Report.case_id, Report.id)
Index("ix_moderation_report_reporter", Report.realm, Report.reporter_id, Report.created_at)
Index("ix_moderation_report_made", Report.realm, Report.created_at)
_where("uq_moderation_case_open", Case.realm, Case.entity_type, Case.entity_id,
       where=Case.is_pending.is_(True) & (Case.kind != constant("APPEAL")), unique=True)
_where("ix_moderation_case_queue", Case.realm, Case.urgency, Case.opened_at, Case.id,
       where=Case.is_pending.is_(True))
Index("uq_moderation_case_number", Case.realm, Case.number, unique=True)
Index("ix_moderation_case_thing", Case.realm, Case.entity_type, Case.entity_id, Case.number)
Index("ix_moderation_case_person", Case.realm, Case.person_id, Case.number)
Index("ix_moderation_case_assignee", Case.realm, Case.assignee_id, Case.number)
Index("ix_moderation_case_made", Case.realm, Case.created_at, Case.id)
Index("ix_moderation_case_closed", Case.realm, Case.closed_at)
Index("uq_moderation_act_number", Act.realm, Act.number, unique=True)
Index("ix_moderation_act_made", Act.realm, Act.created_at)
Index("ix_moderation_act_case", Act.case_id, Act.number)
Index("ix_moderation_act_parent", Act.parent_id, Act.number)
Index("ix_moderation_act_person", Act.realm, Act.person_id, Act.number)
Index("ix_moderation_act_thing", Act.realm, Act.entity_type, Act.entity_id, Act.number)
Index("uq_moderation_strike_number", Strike.realm, Strike.number, unique=True)
Index("ix_moderation_strike_made", Strike.realm, Strike.created_at, Strike.id)
Index("uq_moderation_strike_case", Strike.person_id, Strike.case_id, unique=True)
Index("ix_moderation_strike_person", Strike.realm, Strike.person_id, Strike.lapses_at)
Index("uq_moderation_appeal_number", Appeal.realm, Appeal.number, unique=True)
Index("uq_moderation_appeal_strike", Appeal.strike_id, unique=True)
Index("uq_moderation_appeal_act", Appeal.act_id, unique=True)
Index("ix_moderation_appeal_case", Appeal.case_id)
Index("ix_moderation_appeal_made", Appeal.realm, Appeal.created_at)
Index("ix_moderation_appeal_person", Appeal.realm, Appeal.person_id, Appeal.number)
Index("ix_moderation_note_case", CaseNote.case_id, CaseNote.id)
Index("ix_moderation_evidence_case", Evidence.case_id)
Index("ix_moderation_evidence_keep_until", Evidence.keep_until)

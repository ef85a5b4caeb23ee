"""Moderation: reports, cases, acts, holds, strikes, appeals, and the record of them."""
from typing import Any

import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0017"
down_revision = "0016"


_NOBODY = "00000000-0000-0000-0000-000000000000"


def _common() -> list[sa.Column[Any]]:
    """Return the columns of every data object."""
    return [
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("created_at", app.data.columns.Instant(), nullable=False),
        sa.Column("updated_at", app.data.columns.Instant(), nullable=False),
        sa.Column("owner", sa.String(length=36), nullable=True)]


def _index_where(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(where),
                    postgresql_where=sa.text(where.replace("IS 1", "IS true")))


def upgrade() -> None:
    op.create_table(
        "moderation_act",
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("case_number", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.String(length=36), nullable=True),
        sa.Column("entity_type", sa.String(length=32), nullable=False),
        sa.Column("entity_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("actor_id", sa.String(length=36), nullable=False),
        sa.Column("operator", sa.String(length=255), nullable=True),
        sa.Column("by_machine", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=True),
        sa.Column("until", app.data.columns.Instant(), nullable=True),
        sa.Column("scope", sa.String(length=32), nullable=True),
        sa.Column("strike_number", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("before", app.data.columns.Json(), nullable=True),
        sa.Column("after", app.data.columns.Json(), nullable=True),
        sa.Column("undone_at", app.data.columns.Instant(), nullable=True),
        sa.Column("undone_by", sa.String(length=36), nullable=True),
        sa.Column("undone_reason", sa.Text(), nullable=True),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_moderation_act"))
    op.create_index("ix_moderation_act_case", "moderation_act", ["case_id", "number"])
    op.create_index("ix_moderation_act_parent", "moderation_act", ["parent_id", "number"])
    op.create_index("ix_moderation_act_person", "moderation_act", ["realm", "person_id", "number"])
    op.create_index("ix_moderation_act_thing", "moderation_act", ["realm", "entity_type", "entity_id", "number"])
    op.create_index("uq_moderation_act_number", "moderation_act", ["realm", "number"], unique=True)

    op.create_table(
        "moderation_appeal",
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("strike_id", sa.String(length=36), nullable=False),
        sa.Column("strike_number", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("decided_at", app.data.columns.Instant(), nullable=True),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("is_own_strike", sa.Boolean(), nullable=False),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_moderation_appeal"))
    op.create_index("ix_moderation_appeal_person", "moderation_appeal", ["realm", "person_id", "number"])
    op.create_index("uq_moderation_appeal_number", "moderation_appeal", ["realm", "number"], unique=True)
    op.create_index("uq_moderation_appeal_strike", "moderation_appeal", ["strike_id"], unique=True)

    op.create_table(
        "moderation_audit",
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("written_at", app.data.columns.Instant(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("realm", "seq", name="pk_moderation_audit"))

    op.create_table(
        "moderation_audit_head",
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("realm", name="pk_moderation_audit_head"))

    op.create_table(
        "moderation_banned_address",
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("act_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("realm", "digest", "act_id", name="pk_moderation_banned_address"))

    op.create_table(
        "moderation_bulk",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=False),
        sa.Column("operator", sa.String(length=255), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=True),
        sa.Column("strikes", sa.Boolean(), nullable=False),
        sa.Column("begun_at", app.data.columns.Instant(), nullable=False),
        sa.Column("leased_until", app.data.columns.Instant(), nullable=True),
        sa.Column("undoing", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_moderation_bulk"))
    op.create_index("uq_moderation_bulk_number", "moderation_bulk", ["realm", "number"], unique=True)

    op.create_table(
        "moderation_bulk_item",
        sa.Column("bulk_id", sa.String(length=36), nullable=False),
        sa.Column("entity_type", sa.String(length=32), nullable=False),
        sa.Column("entity_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("act_number", sa.Integer(), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("bulk_id", "entity_type", "entity_id", name="pk_moderation_bulk_item"))
    op.create_index("ix_moderation_bulk_item_position", "moderation_bulk_item", ["bulk_id", "position"])

    op.create_table(
        "moderation_case",
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("entity_type", sa.String(length=32), nullable=False),
        sa.Column("entity_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("is_pending", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("worst", sa.Integer(), nullable=False),
        sa.Column("report_count", sa.Integer(), nullable=False),
        sa.Column("opened_at", app.data.columns.Instant(), nullable=False),
        sa.Column("assignee_id", sa.String(length=36), nullable=True),
        sa.Column("taken_at", app.data.columns.Instant(), nullable=True),
        sa.Column("closed_at", app.data.columns.Instant(), nullable=True),
        sa.Column("closed_by", sa.String(length=36), nullable=True),
        sa.Column("rule", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("previous", sa.Integer(), nullable=True),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_moderation_case"))
    op.create_index("ix_moderation_case_assignee", "moderation_case", ["realm", "assignee_id", "number"])
    op.create_index("ix_moderation_case_person", "moderation_case", ["realm", "person_id", "number"])
    _index_where("ix_moderation_case_queue", "moderation_case", ["realm", "urgency", "opened_at", "id"], "is_pending IS 1")
    op.create_index("ix_moderation_case_thing", "moderation_case", ["realm", "entity_type", "entity_id", "number"])
    op.create_index("uq_moderation_case_number", "moderation_case", ["realm", "number"], unique=True)
    _index_where("uq_moderation_case_open", "moderation_case", ["realm", "entity_type", "entity_id"],
                 "is_pending IS 1 AND kind != 'APPEAL'", unique=True)

    op.create_table(
        "moderation_counter",
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("realm", "name", name="pk_moderation_counter"))

    op.create_table(
        "moderation_evidence",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("entity_type", sa.String(length=32), nullable=False),
        sa.Column("entity_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("taken_at", app.data.columns.Instant(), nullable=False),
        sa.Column("content", app.data.columns.Json(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("keep_until", app.data.columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_moderation_evidence"))
    op.create_index("ix_moderation_evidence_case", "moderation_evidence", ["case_id"])
    op.create_index("ix_moderation_evidence_keep_until", "moderation_evidence", ["keep_until"])

    op.create_table(
        "moderation_hold",
        sa.Column("act_id", sa.String(length=36), nullable=False),
        sa.Column("entity_type", sa.String(length=32), nullable=False),
        sa.Column("entity_id", sa.String(length=36), nullable=False),
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("until", app.data.columns.Instant(), nullable=True),
        sa.Column("lifted_at", app.data.columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("act_id", "entity_type", "entity_id", name="pk_moderation_hold"))
    _index_where("ix_moderation_hold_thing", "moderation_hold", ["realm", "entity_type", "entity_id"], "lifted_at IS NULL")
    _index_where("ix_moderation_hold_until", "moderation_hold", ["until"], "lifted_at IS NULL")

    op.create_table(
        "moderation_ladder",
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("strikes", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("realm", "strikes", name="pk_moderation_ladder"))

    op.create_table(
        "moderation_note",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("written_at", app.data.columns.Instant(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_moderation_note"))
    op.create_index("ix_moderation_note_case", "moderation_note", ["case_id", "id"])

    op.create_table(
        "moderation_report",
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("reporter_id", sa.String(length=36), nullable=False),
        sa.Column("entity_type", sa.String(length=32), nullable=False),
        sa.Column("entity_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_moderation_report"))
    op.create_index("ix_moderation_report_case", "moderation_report", ["case_id", "id"])
    op.create_index("ix_moderation_report_reporter", "moderation_report", ["realm", "reporter_id", "created_at"])
    _index_where("uq_moderation_report_open", "moderation_report",
                 ["realm", "reporter_id", "entity_type", "entity_id"],
                 f"is_open IS 1 AND reporter_id != '{_NOBODY}'", unique=True)

    op.create_table(
        "moderation_reporter",
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("upheld", sa.Integer(), nullable=False),
        sa.Column("declined", sa.Integer(), nullable=False),
        sa.Column("muted_until", app.data.columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("realm", "person_id", name="pk_moderation_reporter"))

    op.create_table(
        "moderation_rule",
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("realm", "code", name="pk_moderation_rule"))

    op.create_table(
        "moderation_strike",
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("case_number", sa.Integer(), nullable=False),
        sa.Column("act_kind", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=True),
        sa.Column("struck_by", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("lapses_at", app.data.columns.Instant(), nullable=False),
        sa.Column("appeal_until", app.data.columns.Instant(), nullable=False),
        sa.Column("revoked_at", app.data.columns.Instant(), nullable=True),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_moderation_strike"))
    op.create_index("ix_moderation_strike_person", "moderation_strike", ["realm", "person_id", "lapses_at"])
    op.create_index("uq_moderation_strike_case", "moderation_strike", ["person_id", "case_id"], unique=True)
    op.create_index("uq_moderation_strike_number", "moderation_strike", ["realm", "number"], unique=True)

    op.create_table(
        "moderation_word",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("phrase", sa.String(length=255), nullable=False),
        sa.Column("folded", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("added_by", sa.String(length=36), nullable=False),
        sa.Column("added_at", app.data.columns.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_moderation_word"))
    op.create_index("uq_moderation_word", "moderation_word", ["realm", "folded"], unique=True)


def downgrade() -> None:
    for table in (
            "moderation_word",
            "moderation_strike",
            "moderation_rule",
            "moderation_reporter",
            "moderation_report",
            "moderation_note",
            "moderation_ladder",
            "moderation_hold",
            "moderation_evidence",
            "moderation_counter",
            "moderation_case",
            "moderation_bulk_item",
            "moderation_bulk",
            "moderation_banned_address",
            "moderation_audit_head",
            "moderation_audit",
            "moderation_appeal",
            "moderation_act",
    ):
        op.drop_table(table)

"""E-mail addresses stand in their one form, inventory numbers are compared by theirs (decision 34).

No row is lost: whose form belongs to another already stays as it is, is named in the log, and by `flask doctor` after."""
import logging
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from app.mail_addresses import typed_address
from app.plain_text import identifier_key

revision = "0009"
down_revision = "0008"

log = logging.getLogger("alembic.runtime.migration")

_MOST = 255
_BATCH = 1000
_IS_ACTIVE = {"sqlite": "is_active IS 1 AND {} IS NOT NULL", "postgresql": "is_active IS true AND {} IS NOT NULL"}


def upgrade() -> None:
    for name in ("marketplace_user", "network_user"):
        _refold_addresses(name)
    op.add_column("equipments", sa.Column("folded_external_id", sa.String(length=_MOST), nullable=True))
    _fold_inventory_numbers()
    op.drop_index("uq_equipments_external_id", "equipments")
    _index_equipment("folded_external_id")


def downgrade() -> None:
    """The addresses stay: the release before finds them, too."""
    op.drop_index("uq_equipments_external_id", "equipments")
    _index_equipment("external_id")
    with op.batch_alter_table("equipments") as equipment:
        equipment.drop_column("folded_external_id")


def _index_equipment(column: str) -> None:
    op.create_index("uq_equipments_external_id", "equipments", ["legal_entity_id", column], unique=True, **{
        f"{dialect}_where": sa.text(condition.format(column)) for dialect, condition in _IS_ACTIVE.items()})


def _refold_addresses(name: str) -> None:
    """Only what has other than ASCII characters can have another form; who has proved the address goes first."""
    account = sa.table(name, *(sa.column(part, sa.Boolean() if part in ("is_active", "email_verified") else None)
                               for part in ("id", "email", "is_active", "email_verified", "created_at", "archived_at")))
    holds = sa.or_(account.c.is_active.is_(True), account.c.archived_at.is_not(None))
    size = sa.func.octet_length(account.c.email)
    database = op.get_bind()
    if database.dialect.name == "sqlite":
        size = sa.func.length(sa.cast(account.c.email, sa.LargeBinary))
    rows = database.execute(sa.select(account.c.id, account.c.email, holds.label("holds")).where(
        size != sa.func.length(account.c.email)).order_by(account.c.email_verified.desc(), account.c.created_at)).all()
    for row in rows:
        address = typed_address(row.email)
        if address == row.email:
            continue
        if row.holds and database.execute(sa.select(account.c.id).where(account.c.email == address, holds)).first():
            log.warning("%s %s keeps its address: in one form with others it is that of another account", name, row.id)
            continue
        database.execute(sa.update(account).where(account.c.id == row.id).values(email=address))


def _fold_inventory_numbers() -> None:
    """Of active equipment that now shares a number, the first holds it; the others keep theirs, unguarded."""
    equipment = sa.table("equipments", *(sa.column(part, sa.Boolean() if part == "is_active" else None) for part in (
        "id", "external_id", "folded_external_id", "legal_entity_id", "is_active")))
    database = op.get_bind()
    taken: set[tuple[str, str]] = set()
    for row in _numbered(equipment):
        number = identifier_key(row.external_id)
        if not 0 < len(number) <= _MOST:
            continue
        if row.is_active:
            if (row.legal_entity_id, number) in taken:
                log.warning("equipment %s shares its external_id with other equipment of its legal entity", row.id)
                continue
            taken.add((row.legal_entity_id, number))
        database.execute(sa.update(equipment).where(equipment.c.id == row.id).values(folded_external_id=number))


def _numbered(equipment: Any) -> Iterator[Any]:
    """Yield the rows that have a number, in the order they were made: ids begin with the time."""
    after = ""
    while True:
        rows = op.get_bind().execute(sa.select(equipment).where(
            equipment.c.external_id.is_not(None), equipment.c.id > after).order_by(equipment.c.id).limit(_BATCH)).all()
        yield from rows
        if len(rows) < _BATCH:
            return
        after = rows[-1].id

"""The registry's tables with the columns that its specification names; the histories are the audit."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, and_
from sqlalchemy.orm import Mapped, validates

from app.data.columns import boolean, folded, identifier, instant, json_object, string
from app.data.columns import text as long_text
from app.data.entity import Base
from app.plain_text import identifier_key


class _Inserted:
    """Who inserted the row and when."""

    id: Mapped[str] = identifier(required=True, primary_key=True, sort_order=-1)
    inserted_at: Mapped[datetime] = instant(required=True, sort_order=1)
    inserted_by: Mapped[str] = identifier(required=True, sort_order=1)


class _Updated(_Inserted):
    """Who changed the row last and when."""

    updated_at: Mapped[datetime] = instant(required=True, sort_order=2)
    updated_by: Mapped[str] = identifier(required=True, sort_order=2)


class _Named:
    """A name, and beside it the form that is searched."""

    name: Mapped[str] = string(required=True)
    folded_name: Mapped[str] = folded("name", required=True)


class LegalEntity(_Named, _Updated, Base):
    """A legal entity that owns divisions and equipment."""

    __tablename__ = "legal_entities"
    __lock_rank__ = 300

    edrpou: Mapped[str | None] = string(10)
    type: Mapped[str] = string(32, required=True)
    status: Mapped[str] = string(32, required=True)
    is_active: Mapped[bool] = boolean()


class Division(_Named, _Updated, Base):
    """A place of a legal entity where equipment stands."""

    __tablename__ = "divisions"
    __lock_rank__ = 320

    legal_entity_id: Mapped[str] = identifier(required=True, index=True)
    status: Mapped[str] = string(32, required=True)
    is_active: Mapped[bool] = boolean()


class RegistryClient(_Updated, Base):
    """An OAuth2 client: it acts for one user of one legal entity; `secret_hash` is SHA-256 of a random secret."""

    __tablename__ = "equipment_clients"
    __lock_rank__ = 330

    legal_entity_id: Mapped[str] = identifier(required=True, index=True)
    user_id: Mapped[str] = identifier(required=True)
    role: Mapped[str] = string(32, required=True)
    scope: Mapped[str] = string(required=True)
    secret_hash: Mapped[str] = string(64, required=True)
    is_active: Mapped[bool] = boolean()


class RegistryToken(Base):
    """An access token by its SHA-256; the token itself is nowhere kept."""

    __tablename__ = "equipment_tokens"

    token_hash: Mapped[str] = string(64, required=True, primary_key=True)
    registry_client_id: Mapped[str] = identifier(required=True, index=True)
    scope: Mapped[str] = string(required=True)
    expires_at: Mapped[datetime] = instant(required=True, index=True)


class DictionaryEntry(Base):
    """A code of a dictionary, such as DEVICE_TYPE; a code that left its file stays, inactive."""

    __tablename__ = "equipment_dictionary"

    dictionary: Mapped[str] = string(64, required=True, primary_key=True)
    code: Mapped[str] = string(64, required=True, primary_key=True)
    description: Mapped[str] = string(required=True)
    is_active: Mapped[bool] = boolean()


class Equipment(_Updated, Base):
    """A registered piece of equipment (equipment.md, table equipments)."""

    __tablename__ = "equipments"
    __lock_rank__ = 310

    type: Mapped[str] = string(64, required=True)
    external_id: Mapped[str | None] = string()
    folded_external_id: Mapped[str | None] = string()  # what it is compared by (decision 34)
    udi: Mapped[list[dict[str, Any]] | None] = json_object()
    lot_number: Mapped[str | None] = string()
    manufacturer: Mapped[str | None] = string()
    manufacture_date: Mapped[str | None] = string(32)
    expiration_date: Mapped[str | None] = string(32)
    model_number: Mapped[str | None] = string()
    part_number: Mapped[str | None] = string()
    version: Mapped[str | None] = string()
    name: Mapped[str] = string(required=True)
    folded_names: Mapped[str] = long_text(required=True)  # the compact forms of all its names
    serial_number: Mapped[str | None] = string()
    note: Mapped[str | None] = long_text()
    legal_entity_id: Mapped[str] = identifier(required=True, index=True)
    status: Mapped[str] = string(32, required=True)
    is_active: Mapped[bool] = boolean()

    @validates("external_id")
    def _fold(self, _key: str, external_id: str | None) -> str | None:
        self.folded_external_id = None if external_id is None else identifier_key(external_id)
        return external_id


class EquipmentName(_Inserted, Base):
    """A further name of a piece of equipment, with its type."""

    __tablename__ = "equipment_names"

    equipment_id: Mapped[str] = identifier(required=True, index=True)
    name: Mapped[str] = string(required=True)
    type: Mapped[str] = string(required=True)


class EquipmentStatus(_Inserted, Base):
    """One row of the status history: at registration and at each change of status."""

    __tablename__ = "equipment_status_hstr"

    equipment_id: Mapped[str] = identifier(required=True, index=True)
    status: Mapped[str] = string(32, required=True)


class DivisionEquipment(_Updated, Base):
    """Where a piece of equipment stands or stood: at most one active link each."""

    __tablename__ = "division_equipment"

    equipment_id: Mapped[str] = identifier(required=True, index=True)
    division_id: Mapped[str] = identifier(required=True, index=True)
    status: Mapped[str] = string(32, required=True)
    is_active: Mapped[bool] = boolean()


_named = and_(Equipment.is_active.is_(True), Equipment.folded_external_id.is_not(None))
_here = DivisionEquipment.is_active.is_(True)

Index(
    "uq_equipments_external_id",
    Equipment.legal_entity_id,
    Equipment.folded_external_id,
    unique=True,
    sqlite_where=_named,
    postgresql_where=_named,
)
Index(
    "uq_division_equipment_active",
    DivisionEquipment.equipment_id,
    unique=True,
    sqlite_where=_here,
    postgresql_where=_here,
)

"""The equipment registry as one declaration; it stands outside the realms and has a front of its own."""
from app.data.person_rows import KEPT, rows_of_people
from app.service import ServiceDeclaration
from blueprints.equipment.models import (
    Division,
    DivisionEquipment,
    Equipment,
    EquipmentName,
    EquipmentStatus,
    LegalEntity,
    RegistryClient,
)
from blueprints.equipment.queries import check_registry

_WHY = "a legal entity's own record; its users are no realm's people"

SERVICE = ServiceDeclaration(
    name="equipment",
    version="1.0.0",
    description="Medical equipment of legal entities and their divisions.",
    realms=("equipment",),
    path="/equipment-api",
    join="blueprints.equipment.routes.join",
    checks={"equipment": check_registry},
    cli=("cli.equipment",),
    persons=(
        rows_of_people(RegistryClient, KEPT, "user_id", "inserted_by", "updated_by", why=_WHY, export=_WHY),
        *(rows_of_people(model, KEPT, "inserted_by", "updated_by", why=_WHY, export=_WHY)
          for model in (LegalEntity, Division, Equipment, DivisionEquipment)),
        *(rows_of_people(model, KEPT, "inserted_by", why=_WHY, export=_WHY)
          for model in (EquipmentName, EquipmentStatus)),
    ),
)

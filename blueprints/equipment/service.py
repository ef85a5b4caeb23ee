"""The equipment registry as one declaration; it stands outside the realms and has a front of its own."""

from app.service import ServiceDeclaration
from blueprints.equipment.queries import check_registry
from blueprints.equipment.routes import join

SERVICE = ServiceDeclaration(
    name="equipment",
    version="1.0.0",
    description="Medical equipment of legal entities and their divisions.",
    realms=("equipment",),
    path="/equipment-api",
    join=join,
    checks={"equipment": check_registry},
    cli=("cli.equipment",),
)

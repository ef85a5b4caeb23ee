"""The equipment registry as one declaration; it stands outside the realms and has a front of its own."""

from app.service import ServiceDeclaration
from blueprints.equipment.queries import check_registry
from blueprints.equipment.routes import SERVICE as MOUNTED
from blueprints.equipment.routes import join

SERVICE = ServiceDeclaration(
    name=MOUNTED.name, version=MOUNTED.version, description=MOUNTED.description,
    realms=(MOUNTED.realm,), path=MOUNTED.path,
    join=join,
    checks={"equipment": check_registry},
    cli=("cli.equipment",),
)

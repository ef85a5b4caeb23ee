"""The walls of .importlinter leave nothing out: what they name one by one is all there is. `make walls` checks them."""
from configparser import ConfigParser
from fnmatch import fnmatchcase

import pytest

from app.data.entity import Base
from tests.components import ROOT
from tests.contract.test_declarations import modules

WALLS = ConfigParser()
WALLS.read(ROOT / ".importlinter")

pytestmark = pytest.mark.once("walls know no database")


def named(contract: str, key: str) -> set[str]:
    return set(WALLS[f"importlinter:contract:{contract}"][key].split())


def is_in(name: str, wall: set[str]) -> bool:
    return any(fnmatchcase(name, one) and name.count(".") == one.count(".") for one in wall)


def services_of(realm: str) -> set[str]:
    return {f"blueprints.{realm}.{file.parent.name}" for file in (ROOT / "blueprints" / realm).glob("*/service.py")}


def test_tables_of_a_service_stand_where_no_other_may_import_them() -> None:
    modules("blueprints")
    tables = {mapper.class_.__module__ for mapper in Base.registry.mappers}
    behind = named("models", "forbidden_modules")
    assert {name for name in tables if name.startswith("blueprints.") and name != "blueprints.equipment.models"
            and not is_in(name, behind)} == set()


@pytest.mark.parametrize(("word", "contract"), [("queries", "queries"), ("routes", "sessions"), ("rules", "rules")])
def test_queries_routes_and_rules_are_walled_whatever_else_their_file_is_called(word: str, contract: str) -> None:
    files = {path.relative_to(ROOT).with_suffix("") for path in (ROOT / "blueprints").rglob("*.py")
             if word in path.stem.split("_")}
    assert {name for name in (".".join(file.parts) for file in files)
            if not is_in(name, named(contract, "source_modules"))} == set()


def test_no_wall_names_a_file_that_is_gone() -> None:
    for contract in WALLS.sections():
        for key in ("source_modules", "forbidden_modules", "modules"):
            for name in WALLS[contract].get(key, "").split():
                place = ROOT.joinpath(*name.split("."))
                assert "*" in name or place.is_dir() or place.with_suffix(".py").exists() or name in (
                    "boto3", "flask", "sqlalchemy"), (contract, name)


@pytest.mark.parametrize(("contract", "realm"), [("listeners", "marketplace"), ("network-listeners", "network")])
def test_all_services_of_a_realm_but_the_listeners_are_kept_from_calling_them(contract: str, realm: str) -> None:
    listeners = named(contract, "forbidden_modules")
    assert named(contract, "source_modules") == services_of(realm) - listeners | {"blueprints.platform"}

"""The status tables of the registry, one test a row: subject, status, action, and what becomes of it."""

import pytest

from blueprints.equipment import commands, registry
from blueprints.equipment.tokens import Caller, console
from tests.equipment.conftest import Holder, Registry, refusal

NOBODY = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"
ROWS = (
    ("equipment", "ACTIVE", "activate", None),
    ("equipment", "ACTIVE", "deactivate", "INACTIVE"),
    ("equipment", "INACTIVE", "activate", "ACTIVE"),
    ("equipment", "INACTIVE", "deactivate", None),
    ("division", "ACTIVE", "activate", None),
    ("division", "ACTIVE", "deactivate", "INACTIVE"),
    ("division", "INACTIVE", "activate", "ACTIVE"),
    ("division", "INACTIVE", "deactivate", None),
    ("legal entity", "ACTIVE", "activate", None),
    ("legal entity", "ACTIVE", "suspend", "SUSPENDED"),
    ("legal entity", "ACTIVE", "deactivate", "INACTIVE"),
    ("legal entity", "SUSPENDED", "activate", "ACTIVE"),
    ("legal entity", "SUSPENDED", "suspend", None),
    ("legal entity", "SUSPENDED", "deactivate", "INACTIVE"),
    ("legal entity", "INACTIVE", "activate", "ACTIVE"),
    ("legal entity", "INACTIVE", "suspend", None),
    ("legal entity", "INACTIVE", "deactivate", None),
)
PATHS = {"equipment": "equipment", "division": "divisions", "legal entity": "legal_entities"}
WAYS = {"ACTIVE": None, "SUSPENDED": "suspend", "INACTIVE": "deactivate"}


def subject_in(world: Registry, hospital: str, subject: str, status: str) -> str:
    """Return the id of a subject that has the status."""
    way = WAYS[status]
    if subject == "equipment":
        made = world.equipment(hospital)
        if way:
            commands.change_equipment_status(Caller(hospital, NOBODY, "OWNER"), made, way)
        return made
    made = world.division(hospital) if subject == "division" else world.legal_entity()
    turn = registry.change_division_status if subject == "division" else registry.change_legal_entity_status
    if way:
        turn(console(), made, way)
    return made


@pytest.mark.parametrize(("subject", "status", "action", "becomes"), ROWS)
def test_a_row_of_the_status_table(
    world: Registry, hospital: str, owner: Holder, operator: Holder, subject: str, status: str, action: str,
    becomes: str | None,
) -> None:  # fmt: skip
    holder = operator if subject == "legal entity" else owner
    path = f"/api/{PATHS[subject]}/{subject_in(world, hospital, subject, status)}"

    answer = holder.send("PATCH", f"{path}/actions/{action}")

    if becomes is None:
        done = {"activate": "ACTIVATED", "deactivate": "DEACTIVATED", "suspend": "SUSPENDED"}[action]
        assert refusal(answer) == (409, "request_conflict", f"{status} {subject} cannot be {done}")
    else:
        assert answer.json["data"]["status"] == becomes
    assert holder.send("GET", path).json["data"]["status"] == (becomes or status)

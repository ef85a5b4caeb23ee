"""The walls of the hexagon: what stands inside knows nothing of what stands outside."""
import ast
from pathlib import Path

import pytest

ROOM = Path(__file__).parent.parent.parent / "blueprints" / "organization"
INSIDE = sorted([*ROOM.glob("domain/*.py"), *ROOM.glob("application/*.py"), ROOM / "ports.py"])
PURE = {"collections", "contextlib", "dataclasses", "datetime", "hashlib", "json", "logging", "re", "secrets", "typing",
        "unicodedata"}


def imports(file: Path) -> set[str]:
    """Return every module that the file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("file", INSIDE, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_the_inside_imports_only_itself_and_what_is_pure(file: Path) -> None:
    own = ["blueprints.organization.domain", "app.folding"]  # a pure function of the kernel's ground
    if file.parent.name != "domain":
        own += ["blueprints.organization.application", "blueprints.organization.ports"]
        own += ["app.backoff"]  # pure arithmetic of the kernel's ground
    foreign = {name for name in imports(file)
               if name.split(".")[0] not in PURE and not any(name.startswith(allowed) for allowed in own)}
    assert foreign == set()


def test_only_wiring_and_moving_join_ports_and_adapters() -> None:
    joiners = {file.name for file in ROOM.glob("*.py")
               if any(name.startswith("blueprints.organization.adapters.sql") for name in imports(file))}
    # Who moves a whole store carries rows from one kind of database into the other.
    assert joiners == {"moving.py", "wiring.py"}

"""The open transaction is known in one place: a context variable that the unit of work alone sets (issue 14)."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
           for top in ("app", "blueprints", "cli") for path in (ROOT / top).rglob("*.py")}


def files_with(pattern: str) -> set[str]:
    return {name for name, source in SOURCES.items() if re.search(pattern, source)}


def test_the_open_transaction_is_one_context_variable() -> None:
    assert files_with(r"(?m)^transaction\b.*ContextVar\(") == {"app/data/connections.py"}


def test_the_unit_of_work_alone_sets_it() -> None:
    assert files_with(r"\btransaction\.set\(") == {"app/data/unit_of_work.py"}


def test_no_other_context_variable_holds_one() -> None:
    """The second one of the data floor is the version that If-Match named, that of schemas the zone of a body;
    organization has databases of its own."""
    assert files_with(r"\bContextVar\(") == {"app/data/connections.py", "app/data/expected_version.py",
                                             "app/http/schemas.py",
                                             "blueprints/organization/adapters/sql/engines.py"}
    assert re.findall(r"(?m)^(\w+).*ContextVar\(", SOURCES["app/data/expected_version.py"]) == ["named_version"]


@pytest.mark.parametrize("former", [r"\bsession\.info\b", r"\bdb\.session\b", r"\bscoped_session\b"])
def test_no_session_is_kept_elsewhere(former: str) -> None:
    assert files_with(former) == set()

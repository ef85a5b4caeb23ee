"""No file, class or function has a name that the architecture replaced by a plainer one."""
import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REASON = "architecture.md, Names that change"

# Names of modules, by the folder they stood in.
OLD_MODULES = {
    "app/data": {"asked", "prepared", "filters", "plain", "recording", "wire", "versions", "cache", "purging", "locks",
                 "integrity", "database", "uuid7"},
    "app/identity": {"codes", "sealing", "throttle", "keys", "tokens", "session_view", "actor"},
    "app/http": {"errors", "limits", "edge", "blueprint"},
    "app/jobs": {"queue", "tables"},
    "app/ops": {"outbox_report", "requests"},
    "app/payments": {"calls", "flow", "jobs", "models", "objects", "outcomes", "queries", "results",
                     "stripe_gateway"},
    "app/search": {"schema", "values", "words", "whoosh_adapter"},
    "blueprints/marketplace/order_management": {"books", "tickets"},
    "blueprints/platform/checkout": {"payment_tickets", "tickets"},
}
# Words of any name: of a file, a class or a function.
OLD_WORDS = ("asked", "bell", "bells", "ring", "rings", "rung", "desk", "board", "boards", "books", "bump", "edge",
             "lot", "mark", "shared", "told", "touch", "touched", "turn", "turning", "made_of", "wire_shape",
             "code_book", "session_book", "token_desk", "whoosh_adapter", "give_way", "gives_way", "purging",
             "recording", "sealing", "session_view", "outbox_report", "stripe_gateway", "ticket", "tickets", "uuid_7")
EXCEPTIONS = {"KeyRing": "a key ring is the field's word for a set of keys",
              "SharedMemoryVersions": "shared memory is the operating system's word",
              "StripeGateway": "the gateway that is Stripe; its file is payments/gateway/stripe.py",
              "mark_damaged": "a note on a folder, no cache version",
              "uuid7": "RFC 9562's name of what it returns; its file is data/ids.py"}

STREAMS = ROOT / "blueprints" / "platform" / "realtime"
"""A ticket is what opens a stream there; that of a payment is its reference."""
FILES = sorted([*(path for top in ("app", "blueprints", "cli") for path in (ROOT / top).rglob("*.py")),
                ROOT / "gunicorn.conf.py"])


def test_no_module_has_an_old_name() -> None:
    old = [f"{folder}/{name}" for folder, names in OLD_MODULES.items() for name in sorted(names)
           if (ROOT / folder / f"{name}.py").exists()]
    assert not old, REASON


def test_no_file_class_or_function_name_holds_an_old_word() -> None:
    old = [f"{path.relative_to(ROOT)}: {name}" for path in FILES if path.parent != STREAMS for name in _names(path)
           if name not in EXCEPTIONS and _holds_old_word(name)]
    assert not old, REASON


@pytest.mark.parametrize("name", ["TokenDesk", "_ring", "ring_bell", "WireShape", "made_of_rows", "asked_page", "Edge",
                                  "turn_division", "check_books", "touch", "SharedBoard", "_give_way", "uuid7_of"])
def test_an_old_word_is_found_in_a_name(name: str) -> None:
    assert _holds_old_word(name)


@pytest.mark.parametrize("name", ["bring_back", "slots", "string", "wake", "to_wire", "task", "returned",
                                  "marketplace", "ledger", "purge", "given_away"])
def test_a_word_that_only_contains_an_old_one_is_no_old_word(name: str) -> None:
    assert not _holds_old_word(name)


def _names(path: Path) -> Iterator[str]:
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def _holds_old_word(name: str) -> bool:
    words = "_".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)).lower()
    return any(f"_{old}_" in f"_{words}_" for old in OLD_WORDS)

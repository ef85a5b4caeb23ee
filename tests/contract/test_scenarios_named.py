"""Every scenario and decision is named by a test: test_m_21_…, test_or_3_and_x_1_…, a docstring or a class's;
test_scenario_17_… of rules-network §8; test_20_… of rules-platform §13, for the realm. No test names one that is not.

Whether it proves it, no machine can say."""
import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parents[1]
DECISIONS = {"M": range(1, 35), "NET": range(1, 33), "FD": range(1, 28)}
MARKETPLACE_SCENARIOS = {
    "AM": range(1, 7), "AO": range(1, 12), "CA": range(1, 6), "FB": range(1, 6), "ME": range(1, 6), "NO": range(1, 5),
    "OR": range(1, 13), "PR": range(1, 8), "SE": range(1, 5), "WC": range(1, 8), "X": range(1, 9)}
NETWORK_SCENARIOS = range(1, 51)
PLATFORM_SCENARIOS = (*range(1, 43), *range(44, 48))
"""43 is of MCP: it is proven with the service that it is about."""
REALMS = ("marketplace", "network")
REALMS_OF_PLATFORM = {f"platform, for the {realm}": realm for realm in REALMS}
_OF_ONE_REALM = re.compile(r"marketplace_only|parametrize\('realm', \['(\w+)'\]\)")


@dataclass(frozen=True)
class Named:
    """What one test is called, what its docstring and its class's say, and the realms it runs for."""

    place: str
    name: str
    said: str
    realms: tuple[str, ...]


def every_test() -> Iterator[Named]:
    """Yield every test function of the suite."""
    for path in sorted(TESTS.rglob("test_*.py")):
        place = path.relative_to(TESTS)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            within = node.body if isinstance(node, ast.ClassDef) else [node]
            about = ast.get_docstring(node) or "" if isinstance(node, ast.ClassDef) else ""
            for one in within:
                if isinstance(one, ast.FunctionDef) and one.name.startswith("test_"):
                    yield Named(str(place), one.name, f"{about} {ast.get_docstring(one) or ''}",
                                _realms(place.parts[0], one))


def _realms(folder: str, function: ast.FunctionDef) -> tuple[str, ...]:
    """Return for which realms a test runs: those of its folder, both where it asks for neither by name."""
    narrowed = [found for mark in function.decorator_list if (found := _OF_ONE_REALM.search(ast.unparse(mark)))]
    if narrowed:
        return (narrowed[0][1] or "marketplace",)
    return (folder,) if folder in REALMS else REALMS


def numbers(tests: Sequence[Named], prefix: str) -> set[int]:
    """Return the numbers behind this prefix that tests name."""
    in_names = re.compile(rf"(?:^test|_and)_{prefix.lower()}_(\d+)(?=_|$)")
    in_words = re.compile(rf"\b{prefix}-(\d+)\b")
    return {int(found) for test in tests
            for found in (*in_names.findall(test.name), *in_words.findall(test.said))}


def of_network(tests: Sequence[Named]) -> set[int]:
    """Return the scenarios of the network that tests name."""
    return {int(number) for test in tests for number in re.findall(r"^test_scenario_(\d+)_", test.name)}


def of_platform(tests: Sequence[Named], realm: str) -> set[int]:
    """Return the scenarios of the platform that tests name which run for the realm."""
    return {int(found[1]) for test in tests
            if realm in test.realms and (found := re.match(r"test_(\d\d)_", test.name))}


def test_every_decision_and_every_scenario_is_named() -> None:
    """One test, for it reads the whole suite: a test for each would read it in every worker."""
    tests = tuple(every_test())
    wanted = DECISIONS | MARKETPLACE_SCENARIOS | {"network": NETWORK_SCENARIOS, **dict.fromkeys(
        REALMS_OF_PLATFORM, PLATFORM_SCENARIOS)}
    named = {prefix: numbers(tests, prefix) for prefix in DECISIONS | MARKETPLACE_SCENARIOS} | {
        "network": of_network(tests)} | {
        name: of_platform(tests, realm) for name, realm in REALMS_OF_PLATFORM.items()}
    assert named == {about: set(them) for about, them in wanted.items()}

"""Every list of every service of a realm can be walked by its cursors."""
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.contract.fronts import WORLDS, Front
from tests.contract.surface import Operation

Counting = Callable[[], AbstractContextManager[list[str]]]


@pytest.mark.both("the lists of every service")
@pytest.mark.parametrize("mounts", WORLDS.values(), ids=WORLDS)
def test_every_list_is_walked_by_its_cursors(fronts: list[Front]) -> None:
    for front in fronts:
        for operation in front.reads:
            if "pageNumber" in operation.queries:
                _walk(front, f"{front.url(operation)}?keyword=e&pageNumber", operation)
        assert not front.faults, "\n".join(front.faults)


def _walk(front: Front, url: str, operation: Operation) -> None:
    everything = front.call(operation, f"{url}=0").json
    seen, cursor = [], ""
    while cursor is not None:
        answer = front.call(operation, f"{url}=1&pageRowCount=1{cursor and '&after=' + cursor}").json
        seen += answer[answer["dataName"]]
        cursor = answer["paging"]["next"]
    assert seen == everything[everything["dataName"]], operation.name
    refused = front.call(operation, f"{url}=1&after=x")
    assert (refused.status_code, "after" in refused.json["detail"]) == (400, True), operation.name


@pytest.mark.once("a list sends the same statements to either database")
@pytest.mark.parametrize("mounts", WORLDS.values(), ids=WORLDS)
def test_no_list_sends_a_statement_more_for_another_row(fronts: list[Front], count_statements: Counting) -> None:
    """Joins are left out, of which one row may have fewer (test_relations.py), and totals, which a short page tells."""
    several, dear = set[str](), dict[str, tuple[int, list[str], list[str]]]()
    for front in fronts:
        for operation in front.reads:
            if "pageNumber" in operation.queries:
                url = f"{front.url(operation)}?keyword=e&caching=false&getJoins=false&pageNumber=1&pageRowCount="
                rows = front.call(operation, f"{url}1000").json["rowCount"]
                for_one, for_all = (_sent(front, operation, f"{url}{number}", count_statements) for number in (1, 1000))
                if len(for_all) > len(for_one):
                    dear[operation.name] = (rows, for_one, for_all)
                several |= {operation.name} if rows > 1 else set()
    assert dear == {}
    assert len(several) >= 3, "the world has lists of several rows"


def _sent(front: Front, operation: Operation, url: str, count_statements: Counting) -> list[str]:
    """Return the fewer statements of two calls: every ten seconds one of them looks for the login anew."""
    calls = []
    for _ in range(2):
        with count_statements() as sent:
            front.call(operation, url)
        calls.append([statement for statement in sent if "count(" not in statement.lower()])
    return min(calls, key=len)

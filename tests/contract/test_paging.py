"""Every list of every service of a realm can be walked by its cursors."""
import pytest

from tests.contract.fronts import WORLDS, Front
from tests.contract.surface import Operation


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

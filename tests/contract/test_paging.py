"""Every list of every service of a realm can be walked by its cursors."""
import pytest

from tests.contract.fronts import MARKETPLACE, Front


@pytest.mark.parametrize("mount", [*MARKETPLACE, *(f"/network/{name}-api" for name in (
    "company", "content", "profile", "auth"))])
def test_every_list_is_walked_by_its_cursors(front: Front, mount: str) -> None:
    lists = [one for one in front.reads if "pageNumber" in one.queries]
    for operation in lists:
        url = f"{front.url(operation)}?keyword=e&pageNumber"
        everything = front.call(operation, f"{url}=0").json
        seen, cursor = [], ""
        while cursor is not None:
            answer = front.call(operation, f"{url}=1&pageRowCount=1{cursor and '&after=' + cursor}").json
            seen += answer[answer["dataName"]]
            cursor = answer["paging"]["next"]
        assert seen == everything[everything["dataName"]], operation.name
        refused = front.call(operation, f"{url}=1&after=x")
        assert (refused.status_code, "after" in refused.json["detail"]) == (400, True), operation.name
    assert not front.faults, "\n".join(front.faults)

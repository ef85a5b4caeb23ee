"""Who looked at one's profile (NET-26): once a viewer and day, counts for everybody, names for premium members."""
from collections.abc import Callable
from typing import Any

import pytest
from redis import RedisError

from app.clock import moved_clock
from app.data.reads.read_request import ReadRequest
from app.http.read_events import ReadEventBuffer
from app.jobs.worker import run_job
from app.runtime import runtime
from blueprints.network.profile.profile_views import list_views, note_view
from tests.clients import ApiClient
from tests.network.profile.cards import VIEWS, Person, block, change, got, listed, make_premium, write


@pytest.fixture(autouse=True)
def alone(app: Any) -> None:
    """What earlier tests left in the buffer and its stream is theirs."""
    written()


def written() -> None:
    """Let what was looked at be written, as the worker does each minute."""
    runtime().part(ReadEventBuffer).send()
    run_job("write-profile-views")


def views(owner: ApiClient, query: str = "") -> Any:
    written()
    answer = owner.get(f"{VIEWS}?{query}")
    assert (answer.status_code, answer.json["dataName"]) == (200, "profileViews")
    return answer.json


def names(owner: ApiClient) -> list[str | None]:
    return sorted((row["viewer"] or {"fullname": ""})["fullname"] for row in views(owner)["profileViews"])


def test_net_26_views_are_counted_for_everybody_and_named_for_premium_members(person: Person) -> None:
    ann, ben, cleo = person("ann"), person("ben"), person("cleo")
    profile = write(ann)
    for reader in (ben, ben, cleo):
        assert got(reader, profile) == 200
    told = views(ann)
    assert told["views"] == {"last7Days": 2, "last90Days": 2}
    assert told["paging"]["totalRowCount"] == 2
    assert [(row["viewerId"], row["viewer"]) for row in told["profileViews"]] == [(None, None)] * 2
    make_premium(ann)
    assert names(ann) == ["Ben", "Cleo"]
    assert views(ben)["views"]["last90Days"] == 0


def test_net_26_a_view_is_one_a_day_and_is_forgotten_after_90_days(person: Person) -> None:
    ann, ben = person("ann"), person("ben")
    profile = write(ann)

    def counts() -> tuple[int, ...]:
        written()
        found = list_views(ann.actor, ReadRequest(), with_names=False)
        return (*found.extras["views"].values(), found.total)

    for days, counted in ((0, (1, 1, 1)), (1, (2, 2, 2)), (8, (1, 3, 3))):
        with moved_clock(days=days):
            note_view(ben.actor, profile)
            note_view(ben.actor, profile)
            assert counts() == counted
    with moved_clock(days=90):
        assert counts() == (0, 2, 2)
        assert run_job("forget-profile-views") == "1 views removed"
        assert counts() == (0, 2, 2)
    with moved_clock(days=99):
        assert run_job("forget-profile-views") == "2 views removed"
        assert run_job("forget-profile-views") == "0 views removed"


def test_net_26_nobody_is_named_whose_profile_the_owner_does_not_see(person: Person) -> None:
    ann, ben, cleo, dora = person("ann"), person("ben"), person("cleo"), person("dora")
    profile = write(ann)
    hidden = write(ben, profileVisibility="private")
    write(cleo)
    make_premium(ann)
    for reader in (ben, cleo, dora):
        got(reader, profile)
    assert names(ann) == ["", "Cleo", "Dora"]
    block(cleo, ann)
    assert names(ann) == ["", "", "Dora"]
    change(ben, hidden, profileVisibility="public")
    assert names(ann) == ["", "Ben", "Dora"]


def test_net_26_lists_refusals_staff_and_the_owner_leave_no_view(
        person: Person, staff: ApiClient, super_admin: ApiClient) -> None:
    ann, ben = person("ann"), person("ben")
    profile = write(ann, profileVisibility="private")
    assert got(ben, profile) == 403
    change(ann, profile, profileVisibility="public")
    for reader in (ann, staff, super_admin):
        assert got(reader, profile) == 200
    assert listed(ben) == ["Ann"]
    assert views(ann)["views"]["last90Days"] == 0


def test_net_26_a_lost_view_disturbs_nobody(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    ann, ben = person("ann"), person("ben")
    profile = write(ann)
    buffer = runtime().part(ReadEventBuffer)

    class Down:
        """A Redis that does not answer."""

        def pipeline(self, **_: Any) -> "Down":
            return self

        def xadd(self, *_: Any, **__: Any) -> None:
            pass

        def execute(self) -> None:
            raise RedisError("down")

    with monkeypatch.context() as broken:
        broken.setattr(buffer, "_redis", Down())
        assert got(ben, profile) == 200
        buffer.send()
    assert views(ann)["views"]["last90Days"] == 0


def test_views_are_walked_by_their_cursors_and_cost_as_many_statements_as_one(
        person: Person, count_statements: Callable[..., Any]) -> None:
    ann = person("ann")
    profile = write(ann)
    make_premium(ann)
    counted = []
    for readers in (["r1"], ["r2", "r3", "r4", "r5"]):
        for name in readers:
            got(person(name), profile)
        written()
        with count_statements() as told:
            ann.get(VIEWS)
        counted.append(len(told))
    assert counted[0] == counted[1]
    seen, after = [], ""
    while after is not None:
        page = views(ann, f"pageRowCount=2{after and '&after=' + after}")
        seen += [row["viewerId"] for row in page["profileViews"]]
        after = page["paging"]["next"]
    assert sorted(seen) == sorted(person(f"r{number}").user_id for number in range(1, 6))


def test_who_has_no_login_sees_no_views(client: ApiClient) -> None:
    assert client.get(VIEWS).status_code == 401

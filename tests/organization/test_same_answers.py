"""The same documents through every verb give the same answers, byte for byte, on SQLite and on PostgreSQL."""
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from app.clock import moved_clock
from blueprints.organization.application.tenants import register_extension
from blueprints.organization.application.upkeep import rebuild
from tests.organization.world import Caller, World

IDS = [str(UUID(int=0x018F4C1E7B1A7C3E9A520D6F1B2C3D00 + number)) for number in range(12)]
DOCUMENTS: list[dict[str, Any]] = [
    {"name": "Zeta", "numberOfEmployees": 10, "sameAs": ["https://a.test/1", "https://b.test/"], "score": 1.0},
    {"name": "zeta", "numberOfEmployees": 9, "address": {"postalCode": "01001", "addressCountry": "UA"}, "score": 1},
    {"name": "Ärzte", "legalName": "Ärztehaus Straße 5", "score": 1e20},
    {"name": "株式会社", "alternateName": "\U0001f3e2 tower", "score": -0.5},
    {"name": "a\"b\\c/d%_e'f", "description": "tab\there\nline\u0001", "taxID": "007"},
    {"name": "é", "status": "closed"},
    {"name": "é", "description": "the same letter, decomposed", "status": "suspended"},
    {"name": " leading", "parentOrganization": IDS[0], "free": {"b": [1, 2.5, None, True], "a": {"x": "y"}}},
    {"name": "ZETA", "numberOfEmployees": 0, "free": {}},
    {"name": "big", "score": 1e18, "free": {"zero": -0.0, "numbers": [1e16, 18446744073709549568.0, 5e-324, 1e300]}},
    {"name": "-", "foundingDate": "1999-12-31", "leiCode": "506700GE1G29325QX363", "score": 0.1},
]
EXTENSION = {"properties": {"score": {"type": "number"}, "free": {"type": "object"}}}
SEARCHES = [
    "sort=name", "sort=-name", "sort=numberOfEmployees,-name", "sort=-score,name", "sort=status,name", "", "pageSize=3",
    "pageSize=3&page=2", "pageSize=3&page=9", "q=zeta", "q=%C3%A9", "q=e", "q=stra%C3%9Fe", "q=tower", "q=%E6%A0%AA",
    "name=zeta", "name=Z", "name=a%22b%5Cc/d%25_e%27f", "taxID=007", "taxID=7", "score=1", "score=1.0", "score=1e20",
    "score=1e18",
    "numberOfEmployees=0", "status=closed&sort=name", "address.postalCode=01001", "sameAs=https://b.test/",
    f"parentOrganization={IDS[0]}", "foundingDate=1999-12-31", "nothing=1", "sort=free", "free=x", "page=0"]


@dataclass
class Transcript:
    """What was answered, the clock's times replaced by their order."""

    caller: Caller
    lines: list[str] = field(default_factory=list)
    times: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str = "", body: Any = None, **headers: str) -> None:
        """Call, each time a second later, and note the answer."""
        with moved_clock(seconds=len(self.lines)):
            response = self.caller.call(method, path, body, **headers)
        noted = [response.status_code, response.get_data(as_text=True), *(
            response.headers.get(name) for name in ("ETag", "Location", "X-Total-Count", "Link", "Content-Type"))]
        self.lines.append(self.masked(f"{method} {path} {noted}"))

    def masked(self, line: str) -> str:
        """Return the line with each time named by when it was first seen, and the tenant by what it is."""
        line = line.replace(self.caller.tenant_id, "TENANT")
        return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
                      lambda found: self.times.setdefault(found[0], f"time {len(self.times)}"), line)

    def read_everything(self) -> None:
        """Get every record and run every search."""
        for resource_id in IDS:
            self.call("GET", f"/{resource_id}")
        for query in SEARCHES:
            self.call("GET", f"?{query}")


def told_by(world: World) -> list[str]:
    caller = world.caller()
    register_extension(world.ports, caller.tenant_id, world.kind, EXTENSION)
    told = Transcript(caller)
    for number, document in enumerate(DOCUMENTS):
        told.call("POST", "", {**document, "resourceId": IDS[number]})
    told.read_everything()
    for number, document in enumerate(reversed(DOCUMENTS)):
        told.call("PUT", f"/{IDS[number + 1]}", document, If_Match='"1"' if number % 2 else "*")
    told.read_everything()
    for number, resource_id in enumerate(IDS):
        told.call("PATCH", f"/{resource_id}", {"alternateName": f"Nr {number}", "score": None, "free": {"b": None}})
        told.call("PATCH", f"/{resource_id}", {"status": "asleep"})
    for resource_id in IDS[::3]:
        told.call("DELETE", f"/{resource_id}")
        told.call("DELETE", f"/{resource_id}")
        told.call("PATCH", f"/{resource_id}", {"name": "x"})
    told.call("PUT", f"/{IDS[3]}", {"name": "Anew"})
    told.call("POST", "", {"name": "Later", "resourceId": IDS[11]}, Prefer="respond-async")
    told.read_everything()
    world.drain(caller)
    told.read_everything()
    assert rebuild(world.ports, caller.tenant_id)["organization"] > 30
    told.read_everything()
    return told.lines


@pytest.mark.slow
@pytest.mark.postgresql
def test_both_databases_tell_the_same(make_world: Callable[..., World]) -> None:
    on_sqlite, on_postgresql = told_by(make_world("sqlite")), told_by(make_world("postgresql"))
    assert [pair for pair in zip(on_sqlite, on_postgresql, strict=True) if pair[0] != pair[1]] == []
    assert sum(" [200," in line for line in on_sqlite) > 100
    assert not any(" [5" in line for line in on_sqlite)


@pytest.mark.slow
def test_rebuilding_changes_no_answer(world: World) -> None:
    lines = told_by(world)
    block = len(IDS) + len(SEARCHES)
    assert lines[-block:] == lines[-2 * block:-block]

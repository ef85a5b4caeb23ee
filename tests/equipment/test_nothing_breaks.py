"""Whatever a client sends, no route answers with a server error, and every refusal has the registry's shape."""

import json
import time
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from blueprints.equipment.envelope import ERROR_TYPES
from blueprints.equipment.routes import api
from tests.equipment.conftest import WALKER, Holder, refusal
from tests.passes import examples

ANYTHING = settings(max_examples=examples(80),
                    suppress_health_check=[HealthCheck.function_scoped_fixture])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=300)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4)
)
FIELDS = st.sampled_from([
    *WALKER, "external_id", "udi", "names", "manufacture_date", "expiration_date", "division_id", "note", "status",
    "role", "legal_entity_id", "user_id", "scopes", "edrpou",
])  # fmt: skip
BODIES = JSON | st.dictionaries(FIELDS, JSON, max_size=8)
WRITES = [one for one in api.apis if one.body is not None]
READS = [one for one in api.apis if one.is_list]


def refused_in_shape(answer: Any) -> bool:
    status, kind, _ = refusal(answer)
    return status < 500 and kind == ERROR_TYPES[status]


@ANYTHING
@given(one=st.sampled_from(WRITES), body=BODIES, by_owner=st.booleans())
@example(one=WRITES[0], body={"type": "\x00", "name": "\x00"}, by_owner=True)
@example(one=WRITES[0], body=WALKER | {"manufacture_date": "0001-01-01T00:00:00+14:00"}, by_owner=True)
@example(one=WRITES[0], body=WALKER | {"expiration_date": "9999-12-31T23:59:59-14:00"}, by_owner=True)
@example(one=WRITES[0], body=WALKER | {"expiration_date": "2024-01-01\x0012:00"}, by_owner=True)
@example(one=WRITES[0], body=WALKER | {"division_id": "0" * 36, "external_id": "😀"}, by_owner=True)
def test_no_body_breaks_a_write(owner: Holder, operator: Holder, one: Any, body: Any, by_owner: bool) -> None:
    path = one.path.replace("{id}", "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e").replace("{name}", "DEVICE_TYPE")

    answer = (owner if by_owner else operator).send(one.method, path, json=body)

    assert answer.status_code in (200, 201) or refused_in_shape(answer)


ROOM = 200_000
DEEP = "[" * 1000 + "]" * 1000


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("/api/equipment", "name", json.dumps("a" * ROOM + "\x00")),
        ("/api/equipment", "name", json.dumps(" " * ROOM)),
        ("/api/equipment", "udi", json.dumps([{}] * (ROOM // 4))),
        ("/api/clients", "scopes", json.dumps([{"a": number} for number in range(ROOM // 16)])),
        ("/api/equipment", "udi", json.dumps([{f"k{number}": 1 for number in range(ROOM // 12)}])),
        ("/api/equipment", "type", DEEP),
        ("/api/equipment", "udi", DEEP),
        ("/api/clients", "scopes", f"[{DEEP}, {DEEP}]"),
    ],
    ids=["NUL at the end", "blank", "many entries", "many different", "many properties", "deep", "deep list", "twice"],
)
def test_a_huge_value_is_refused_at_once_and_in_few_words(operator: Holder, owner: Holder, path: str, field: str,
                                                          value: str) -> None:  # fmt: skip
    holder = operator if path == "/api/clients" else owner
    started = time.process_time()

    answer = holder.send("POST", path, data=f'{{"{field}": {value}}}', content_type="application/json")

    assert answer.status_code == 422
    assert len(answer.data) < 5000
    assert time.process_time() - started < 2


@ANYTHING
@given(
    one=st.sampled_from(READS), row=st.text(min_size=1, max_size=40), values=st.lists(st.text(max_size=300), min_size=8)
)
def test_no_parameter_breaks_a_read(owner: Holder, one: Any, row: str, values: list[str]) -> None:
    path = one.path.replace("{id}", quote(row, safe="")).replace("{name}", quote(row, safe=""))
    names = ["page", "page_size", *one.filters]

    answer = owner.send("GET", path, query_string=dict(zip(names, values, strict=False)))

    assert answer.status_code in (200, 308, 404) or refused_in_shape(answer)

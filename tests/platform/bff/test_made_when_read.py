"""What a row shows that no column has, and what the clock alone changes: rows say it as their own lists do, and nothing
is filtered, sorted or counted by a value that the database does not have (docs/decisions/104)."""
from typing import Any

from app.clock import now
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.strike_models import Strike
from tests.clients import ApiClient
from tests.platform.bff.rows import ask, keep, minutes


def is_asked_by_nothing(caller: ApiClient, realm: str, index: str, *names: str) -> bool:
    """Whether these properties are in no part of the schema, and refused by name in each."""
    schema = caller.get(f"/{realm}/bff-service/{index}/schema").json
    known = {*schema["filterableFields"], *schema["sortableFields"], *schema["facetFields"], *schema["fields"]}
    for name in names:
        for query, body in (("", {name: {"operator": "exists"}}), (f"?sortBy={name}", {}), (f"?facets={name}", {})):
            answer = caller.post(f"/{realm}/bff-service/{index}/list{query}", json=body)
            assert answer.status_code == 400, (name, query)
            assert answer.json["detail"]
    return known.isdisjoint(names)


def test_a_strike_whose_time_is_over_reads_lapsed_to_its_person(realm: str, ben: ApiClient) -> None:
    [over, standing] = keep(Strike, *({"realm": realm, "person_id": ben.user_id, "number": number, "state": "ACTIVE",
                                       "case_number": number, "lapses_at": lapses_at}
                                      for number, lapses_at in ((1, minutes(1)), (2, now().replace(year=2099)))))
    rows = {row["id"]: row for row in ask(ben, realm, "strike")["items"]}
    assert {id: (row["state"], row["state_idx"]) for id, row in rows.items()} == {
        over: ("LAPSED", 2), standing: ("ACTIVE", 0)}
    assert ben.get(f"/{realm}/bff-service/strike/{over}").json["strike"] == rows[over]
    assert is_asked_by_nothing(ben, realm, "strike", "state", "state_idx")


def test_a_claim_that_has_lapsed_is_none(realm: str, people: Any) -> None:
    ada = people.admin("ada")
    [lapsed, held] = keep(Case, *({"realm": realm, "number": number, "state": "ASSIGNED", "assignee_id": ada.user_id,
                                   "taken_at": taken_at, "entity_type": "USER", "kind": "REPORT"}
                                  for number, taken_at in ((1, minutes(1)), (2, now()))))
    rows = {row["id"]: (row["state"], row["assigneeId"]) for row in ask(ada, realm, "moderationCase")["items"]}
    assert rows == {lapsed: ("OPEN", None), held: ("ASSIGNED", ada.user_id)}
    assert is_asked_by_nothing(ada, realm, "moderationCase", "state", "state_idx", "assigneeId", "takenAt")

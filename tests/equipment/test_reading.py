"""Lists, searches and details: what is found, by whom, in which pages, in how many statements."""

from typing import Any

import pytest

from tests.equipment.conftest import Holder, Registry, entries, refusal


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json
    return [row["name"] for row in answer.json["data"]]


@pytest.mark.parametrize(
    ("query", "entry"),
    [
        ("page=0", "$.page"),
        ("page=x", "$.page"),
        ("page_size=-1", "$.page_size"),
        ("page=99999999", "$.page"),
        ("division_id=7", "$.division_id"),
        ("status=BROKEN", "$.status"),
        ("type=", "$.type"),
        ("external_id=%00", "$.external_id"),
    ],
)
def test_a_malformed_parameter_is_named(owner: Holder, query: str, entry: str) -> None:
    answer = owner.send("GET", f"/api/equipment?{query}")

    assert list(entries(answer)) == [entry]
    assert answer.json["error"]["invalid"][0]["entry_type"] == "query_parameter"


def test_all_malformed_parameters_are_named_at_once(owner: Holder) -> None:
    assert set(entries(owner.send("GET", "/api/equipment?page=x&status=y"))) == {"$.page", "$.status"}


def test_equipment_of_another_legal_entity_is_refused(world: Registry, owner: Holder) -> None:
    elsewhere = world.equipment(world.legal_entity())

    for path in ("", "/history"):
        assert refusal(owner.send("GET", f"/api/equipment/{elsewhere}{path}"))[:2] == (403, "forbidden")


def test_a_list_holds_the_own_legal_entitys_equipment_only(world: Registry, hospital: str, owner: Holder) -> None:
    world.equipment(hospital, name="ours")
    world.equipment(world.legal_entity(), name="theirs")

    assert names(owner.send("GET", "/api/equipment")) == ["ours"]


def test_nhs_admin_reads_any_legal_entitys_equipment(world: Registry, hospital: str, operator: Holder) -> None:
    ours = world.equipment(hospital, name="ours")
    world.equipment(world.legal_entity(), name="theirs")

    assert names(operator.send("GET", "/api/equipment")) == ["ours", "theirs"]
    assert names(operator.send("GET", f"/api/equipment?legal_entity_id={hospital}")) == ["ours"]
    assert operator.send("GET", f"/api/equipment/{ours}").json["data"]["name"] == "ours"


def test_asking_for_another_legal_entity_finds_nothing(world: Registry, owner: Holder) -> None:
    other = world.legal_entity()
    world.equipment(other)

    assert names(owner.send("GET", f"/api/equipment?legal_entity_id={other}")) == []


def test_a_search_narrows_by_each_parameter(world: Registry, hospital: str, owner: Holder) -> None:
    division = world.division(hospital)
    world.equipment(hospital, name="Tomograph", type="MRI", external_id="E-1")
    world.equipment(hospital, name="Walker", division_id=division)
    resting = world.equipment(hospital, name="Resting")
    owner.send("PATCH", f"/api/equipment/{resting}/actions/deactivate")

    found = {query: names(owner.send("GET", f"/api/equipment?{query}")) for query in (
        "type=MRI", "external_id=E-1", f"division_id={division}", "status=INACTIVE", "name=TOMO",
        "type=MRI&status=INACTIVE",
    )}  # fmt: skip

    assert list(found.values()) == [["Tomograph"], ["Tomograph"], ["Walker"], ["Resting"], ["Tomograph"], []]


def test_names_are_found_in_any_letter_case_of_any_alphabet(world: Registry, hospital: str, owner: Holder) -> None:
    world.equipment(hospital, name="Томограф МРТ", names=[{"name": "Straße 5", "type": "place"}])

    assert names(owner.send("GET", "/api/equipment?name=томограф")) == ["Томограф МРТ"]
    assert names(owner.send("GET", "/api/equipment?name=STRASSE")) == ["Томограф МРТ"]


@pytest.mark.parametrize("code", ["gr49", "GR-49", "gr 49", "55728", "55/72/8", "55 72 8", "aero 7", "ærø7"])
def test_names_with_codes_are_found_with_and_without_separators(
    world: Registry, hospital: str, owner: Holder, code: str
) -> None:
    world.equipment(hospital, name="Gr.49 gasket 55/72/8", names=[{"name": "Ærø-7", "type": "place"}])
    world.equipment(hospital, name="Gr.4 gasket 9")

    assert names(owner.send("GET", f"/api/equipment?name={code}")) == ["Gr.49 gasket 55/72/8"]


@pytest.mark.parametrize("wildcard", ["%25", "_", "%5C", "---", "%22", "."])
def test_nothing_but_signs_finds_nothing(world: Registry, hospital: str, owner: Holder, wildcard: str) -> None:
    world.equipment(hospital, name='plain 100% "a_b" --- \\ .')

    assert names(owner.send("GET", f"/api/equipment?name={wildcard}")) == []
    assert names(owner.send("GET", f"/api/divisions?name={wildcard}")) == []


def test_equipment_is_found_where_it_stands_now(world: Registry, hospital: str, owner: Holder) -> None:
    first, second = world.division(hospital), world.division(hospital)
    moved = world.equipment(hospital, division_id=first)
    owner.send("PATCH", f"/api/equipment/{moved}/actions/change_division", {"division_id": second})

    found = [len(owner.send("GET", f"/api/equipment?division_id={place}").json["data"]) for place in (first, second)]
    assert found == [0, 1]


def test_pages_are_counted(world: Registry, hospital: str, owner: Holder) -> None:
    for number in range(5):
        world.equipment(hospital, name=f"Nr. {number}")

    answer = owner.send("GET", "/api/equipment?page=2&page_size=2")

    assert names(answer) == ["Nr. 2", "Nr. 3"]
    assert answer.json["paging"] == {"page_number": 2, "page_size": 2, "total_entries": 5, "total_pages": 3}
    assert set(answer.json) == {"meta", "data", "paging"}
    assert (answer.json["meta"]["code"], answer.json["meta"]["type"]) == (200, "list")
    assert answer.json["meta"]["url"].endswith("/equipment-api/api/equipment")


@pytest.mark.parametrize(("asked", "given"), [("", 50), ("?page_size=300", 300), ("?page_size=301", 300)])
def test_a_page_has_fifty_rows_and_at_most_three_hundred(owner: Holder, asked: str, given: int) -> None:
    assert owner.send("GET", f"/api/equipment{asked}").json["paging"]["page_size"] == given


def test_a_list_costs_the_same_number_of_statements_for_one_row_and_for_twenty(
    world: Registry, hospital: str, owner: Holder, count_statements: Any
) -> None:
    counts = []
    division = world.division(hospital)
    for rows in (1, 19):
        for number in range(rows):
            world.equipment(hospital, division_id=division, names=[{"name": f"N{number}", "type": "t"}])
        with count_statements() as statements:
            owner.send("GET", "/api/equipment")
        counts.append(len(statements))

    assert counts[0] == counts[1]


def test_what_is_kept_for_searching_is_not_shown(world: Registry, hospital: str, owner: Holder) -> None:
    equipment = world.equipment(hospital)

    assert "folded_names" not in owner.send("GET", f"/api/equipment/{equipment}").json["data"]

"""`flask equipment`: the same commands as the API, said in words."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from blueprints.equipment import queries
from blueprints.equipment.queries import ListRequest
from blueprints.equipment.tokens import console
from cli.equipment import equipment
from tests.equipment.conftest import Registry

NOWHERE = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"


@pytest.fixture
def say(app: Flask) -> Any:
    """Run `flask equipment …`."""

    def run(*words: str, input: str | None = None) -> Result:
        return app.test_cli_runner().invoke(equipment, words, input=input)

    return run


def facts(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_an_unknown_legal_entity_is_a_sentence_and_exit_code_1(say: Any) -> None:
    result = say("legal-entity", "suspend", NOWHERE, "--yes")

    assert (result.exit_code, "Legal entity not found" in result.output) == (1, True)


def test_the_beginning_of_an_id_names_a_legal_entity(say: Any, hospital: str) -> None:
    assert facts(say("legal-entity", "suspend", hospital[:13], "--yes", "--json"))["id"] == hospital


def test_a_refused_transition_is_said(say: Any, hospital: str) -> None:
    result = say("legal-entity", "activate", hospital, "--yes")

    assert (result.exit_code, "ACTIVE legal entity cannot be ACTIVATED" in result.output) == (1, True)


def test_every_wrong_field_is_said(say: Any) -> None:
    result = say("legal-entity", "add", " ", "--type", "MSP", "--edrpou", "12", "--yes")

    assert result.exit_code == 1
    assert "$.edrpou" in result.output
    assert "$.name" in result.output


def test_a_no_changes_nothing(say: Any) -> None:
    result = say("legal-entity", "add", "Clinic", "--type", "MSP", input="n\n")

    assert result.exit_code == 1
    assert facts(say("legal-entity", "list", "--json")) == []


def test_a_dry_run_changes_nothing(say: Any, world: Registry, hospital: str, tmp_path: Path) -> None:
    file = tmp_path / "codes.json"
    file.write_text('{"CT": "Computed tomograph"}')

    for words in (
        ("legal-entity", "deactivate", hospital),
        ("division", "add", "Surgery", "--legal-entity", hospital),
        ("dictionary", "load", str(file)),
    ):
        result = say(*words, "--dry-run")
        assert result.exit_code == 0
        assert "nothing was changed" in result.output

    assert queries.legal_entity(console(), hospital)["status"] == "ACTIVE"
    assert queries.division_page(console(), ListRequest()).total == 0
    assert queries.is_device_type("XRAY")


def test_a_client_made_on_the_command_line_gets_a_token(say: Any, world: Registry) -> None:
    clinic = facts(say("legal-entity", "add", "Clinic", "--type", "MSP", "--yes", "--json"))["id"]
    made = facts(say("client", "add", "--legal-entity", clinic, "--user", NOWHERE, "--role", "OWNER",
                     "--scope", "equipment:read", "--yes", "--json"))  # fmt: skip

    assert world.ask_token(made["client_id"], made["client_secret"]).json["scope"] == "equipment:read"
    for named in (NOWHERE, NOWHERE[:9], NOWHERE[-8:]):
        found = facts(say("client", "list", "--user", named, "--legal-entity", clinic, "--json"))
        assert [one["id"] for one in found] == [made["client_id"]], named
    for narrowed in (("--user", "0"), ("--user", "abcdef01")):
        assert facts(say("client", "list", *narrowed, "--json")) == [], narrowed
    assert say("client", "list", "--legal-entity", NOWHERE, "--json").exit_code == 1
    assert facts(say("client", "revoke", made["client_id"], "--yes", "--json"))["is_active"] is False
    assert world.ask_token(made["client_id"], made["client_secret"]).json["error"] == "invalid_client"
    assert facts(say("client", "list", "--json")) == []


def test_divisions_and_legal_entities_are_listed_renamed_and_turned(say: Any, hospital: str) -> None:
    made = facts(say("division", "add", "Surgery", "--legal-entity", hospital, "--yes", "--json"))

    assert facts(say("division", "deactivate", made["id"], "--yes", "--json"))["status"] == "INACTIVE"
    assert [row["name"] for row in facts(say("division", "list", "--legal-entity", hospital, "--json"))] == ["Surgery"]
    renamed = facts(say("division", "update", made["id"], "--name", "Surgery II", "--yes", "--json"))
    changed = facts(say("legal-entity", "update", hospital, "--type", "EMERGENCY", "--edrpou", "12345678", "--yes",
                        "--json"))  # fmt: skip
    assert renamed["name"] == "Surgery II"
    assert (changed["name"], changed["type"], changed["edrpou"]) == ("City Hospital", "EMERGENCY", "12345678")


def test_what_is_not_there_cannot_be_shown(say: Any) -> None:
    for words in (("show",), ("legal-entity", "show"), ("division", "show"), ("client", "show")):
        for text in (NOWHERE, "no-uuid"):
            result = say(*words, text)
            assert (result.exit_code, "not found" in result.output) == (1, True), words


def test_equipment_is_listed_found_and_shown(say: Any, world: Registry, hospital: str) -> None:
    walker = world.equipment(hospital)
    other = world.equipment(world.legal_entity(name="Clinic " * 20), name="Magnet " * 20, external_id="A-7")

    assert [row["id"] for row in facts(say("list", "--json"))] == [walker, other]
    for words in (("--name", "magnet"), ("--external-id", "A-7")):
        assert [row["id"] for row in facts(say("list", *words, "--json"))] == [other], words
    assert [row["id"] for row in facts(say("list", "--legal-entity", hospital, "--json"))] == [walker]
    assert "1 more" in say("list", "--limit", "1").output
    shown = facts(say("show", walker[:-1], "--json"))
    assert (shown["name"], [row["status"] for row in shown["statuses"]]) == ("Mobile X-ray", ["ACTIVE"])


def test_the_parts_of_the_registry_are_found_by_name_shown_and_fit_a_hundred_columns(
    say: Any, world: Registry, hospital: str
) -> None:
    clinic = world.legal_entity(name="Clinic " * 20)
    place, item = world.division(clinic, "Surgery " * 20), world.equipment(clinic, name="Magnet " * 20)
    client_id, _secret = world.registered_client(clinic)

    assert [row["id"] for row in facts(say("legal-entity", "list", "--name", "clinic", "--json"))] == [clinic]
    assert [row["id"] for row in facts(say("division", "list", "--name", "surgery", "--json"))] == [place]
    for words, meant in ((("legal-entity",), clinic), (("division",), place), (("client",), client_id), ((), item)):
        for text in (meant, meant[-8:]):
            shown = facts(say(*words, "show", text, "--json"))
            assert (shown["id"], "secret" in json.dumps(shown)) == (meant, False)
        listed = say(*words, "list").stdout
        assert max(len(line) for line in listed.splitlines()) <= 100, listed


def test_a_change_of_nothing_is_refused(say: Any, hospital: str) -> None:
    assert say("legal-entity", "update", hospital, "--yes").exit_code == 1


def test_a_client_that_is_none_cannot_be_revoked(say: Any) -> None:
    for client in (NOWHERE, "no-uuid"):
        result = say("client", "revoke", client, "--dry-run")
        assert (result.exit_code, "Client not found" in result.output) == (1, True)


@pytest.mark.parametrize(
    ("name", "text"),
    [("codes.json", '{"CT": "Computed tomograph"}'), ("codes.csv", "code,description\nCT,Computed tomograph\n"),
     ("sheet.csv", "\ufeffcode;description\r\nCT;Computed tomograph\r\n")],
)
def test_a_dictionary_is_loaded_from_json_and_csv(
    say: Any, world: Registry, tmp_path: Path, name: str, text: str
) -> None:
    file = tmp_path / name
    file.write_text(text)

    assert facts(say("dictionary", "load", str(file), "--yes", "--json")) == {"added": 1, "changed": 0, "retired": 2}
    active = [row["code"] for row in facts(say("dictionary", "show", "--json")) if row["is_active"]]
    assert active == ["CT"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", b"{"),
        ("a.csv", b"kode,text\nX,y\n"),
        ("a.json", b"\xff\xfe"),
        ("a.json", b"[]"),
        ("a.csv", b"code,description\nX\n"),
        ("a.csv", b"code,description\nX,\x00\n"),
        ("a.csv", b"code,description\nX,y,z\n"),
        ("a.csv", b"code,description\nX,y\nX,z\n"),
        ("a.json", b"[" * 100_000),
    ],
)
def test_a_file_that_is_no_dictionary_is_refused(say: Any, tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)

    result = say("dictionary", "load", str(file), "--yes")

    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    assert "Error: " in result.output

"""`flask notify outbox`: what was written to whom."""
import json
from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

from cli.notify import notify


@pytest.fixture
def outbox(app: Flask) -> Callable[..., Result]:
    return lambda *arguments: app.test_cli_runner().invoke(notify, ["outbox", *arguments])


def test_an_empty_outbox_says_so(outbox: Callable[..., Result]) -> None:
    assert outbox().output == "no letters\n"
    assert json.loads(outbox("--json").output) == []


def test_letters_are_listed_newest_first(outbox: Callable[..., Result], post: Callable[..., bool]) -> None:
    post("ben@example.com")
    post("cleo@example.com")
    shown = json.loads(outbox("--json").output)
    assert [letter["to"] for letter in shown] == ["c…@example.com", "b…@example.com"]
    assert shown[1] | {"id": "", "createdAt": "", "html": ""} == {
        "id": "", "realm": "marketplace", "channel": "email", "to": "b…@example.com", "template": "TEST",
        "subject": "About a clock", "text": "Dear Ben, it is about a clock.", "html": "", "status": "kept",
        "attempts": 0, "lastError": None, "createdAt": "", "sentAt": None}


def test_json_has_the_times_of_the_list_whole(app: Flask, post: Callable[..., bool]) -> None:
    post("ben@example.com")
    runner = app.test_cli_runner()
    (listed,) = json.loads(runner.invoke(notify, ["list", "--json"]).output)
    (kept,) = json.loads(runner.invoke(notify, ["outbox", "--json"]).output)
    assert listed["createdAt"] == kept["createdAt"]
    table = runner.invoke(notify, ["list"]).output
    assert (listed["createdAt"] in table, listed["createdAt"][:16] in table) == (False, True)


def test_one_address_can_be_asked_for_and_is_shown_with_the_text(
        outbox: Callable[..., Result], post: Callable[..., bool]) -> None:
    post("ben@example.com")
    post("cleo@example.com")
    assert [letter["to"] for letter in json.loads(outbox("--to", "ben@example.com", "--json").output)] == [
        "ben@example.com"]
    assert "Dear Ben, it is about a clock." in outbox("--to", "ben@example.com").output
    assert "Dear Ben" not in outbox().output


def test_the_letters_of_one_realm_are_those_it_wrote(outbox: Callable[..., Result], post: Callable[..., bool]) -> None:
    post("ben@example.com")
    assert [letter["to"] for letter in json.loads(outbox("--realm", "marketplace", "--json").output)] == [
        "b…@example.com"]
    assert json.loads(outbox("--realm", "network", "--json").output) == []
    assert outbox("--realm", "equipment").exit_code == 2

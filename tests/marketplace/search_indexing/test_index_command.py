"""`flask index`: what it says and does, and its exit codes."""
import json
import re
import shutil
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from app.actor import system_actor
from app.data.ids import uuid7
from app.search.catalogue import search_index
from app.search.whoosh.folder import Folder
from blueprints.marketplace.search_indexing.commands import put_document
from cli.index import index
from tests.marketplace.search_indexing.conftest import Shop, settle


@pytest.fixture
def call(app: Flask):
    def invoke(*arguments: str, **options: object) -> Result:
        return app.test_cli_runner().invoke(index, list(arguments), **options)
    return invoke


def row_of(answer: Result) -> dict[str, Any]:
    """Return what a command says of the marketplace's index."""
    return next(row for row in json.loads(answer.stdout) if row["index"] == "searchIndex")


def test_an_unknown_index_is_wrong_usage(call) -> None:
    answer = call("rebuild", "--index", "nope", "--yes")
    assert answer.exit_code == 2
    assert re.search(r"There are: .*\bsearchIndex\b", answer.output)


def test_a_rebuild_that_nobody_agrees_to_does_not_happen(call) -> None:
    assert call("rebuild", input="n\n").exit_code == 1
    assert search_index("searchIndex").status().state == "missing"
    answer = call("rebuild", "--dry-run")
    assert answer.exit_code == 0
    assert "searchIndex (0 documents)" in " ".join(answer.output.split())
    assert search_index("searchIndex").status().state == "missing"


def test_a_rebuild_beside_another_is_refused(app: Flask, call) -> None:
    folder = Folder(app.extensions["guildhall"].settings.home / "search" / "searchIndex")
    with folder.rebuilding():
        answer = call("rebuild", "--yes")
    assert answer.exit_code == 1
    assert "is being rebuilt by process" in answer.output


def test_status_fails_while_an_index_is_missing_and_rebuild_mends_it(call, shop: Shop) -> None:
    """SE-4 from the terminal: the records nobody wrote yet are made, too."""
    shop.list_phone()
    answer = call("status", "--json")
    assert answer.exit_code == 1
    assert row_of(answer)["state"] == "missing"

    assert call("rebuild", "--index", "searchIndex", "--yes").exit_code == 0
    assert call("status").exit_code == 1  # those of the network are missing
    answer = call("rebuild", "--yes", "--json")
    assert answer.exit_code == 0, answer.output
    assert row_of(answer)["documents"] == 4

    answer = call("status", "--json")
    assert answer.exit_code == 0
    row = row_of(answer)
    assert (row["state"], row["documents"], row["inDatabase"], row["rebuilt"]) == ("ready", 4, 4, None)
    assert "ready" in call("status").stdout


def test_rebuilding_again_changes_nothing(call, shop: Shop) -> None:
    shop.list_phone()
    settle()
    before = sorted(search_index("searchIndex").versions())
    assert call("rebuild", "--from-scratch", "--yes").exit_code == 0
    assert settle() is None
    assert sorted(search_index("searchIndex").versions()) == before


def test_a_lost_folder_is_made_anew(app: Flask, call) -> None:
    put_document(system_actor("marketplace"), document_type="CATEGORY", reference_id=uuid7(), document={"title": "A"})
    settle()
    shutil.rmtree(app.extensions["guildhall"].settings.home / "search")
    search_index("searchIndex").refresh()
    assert call("status").exit_code == 1
    # The record describes no category, so the rebuild takes it out.
    assert row_of(call("rebuild", "--yes", "--json"))["documents"] == 0


def test_every_command_shows_an_example() -> None:
    for command in ("status", "rebuild"):
        answer = CliRunner().invoke(index, [command, "--help"])
        assert f"Example: flask index {command}" in answer.output

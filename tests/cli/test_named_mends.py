"""`flask doctor --fix NAME`: who may name a mend, and how; each has a file of its own (docs/decisions/117)."""
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.ops.checks import FAIL
from app.ops.mends import NamedMend, mends
from tests.cli.market import Market
from tests.cli.mending import ONCE, Run
from tests.cli.test_doctor_fix import told
from tests.cli.test_mend_of_books import a_sale_that_was_not_booked


@ONCE
@pytest.mark.parametrize(("words", "said"), [
    (("--fix", "bokos"), "Did you mean books?"), (("--fix", "books"), "--reason is missing"),
    (("--fix", "books", "--reason", " "), "--reason is missing"), (("--reason", "so"), "belong to --fix")])
def test_a_named_mend_wants_its_name_and_a_reason(run: Run, only: Callable[[str], None], words: Any, said: str) -> None:
    only("books")
    refused = run("doctor", *words)
    assert refused.exit_code == 2
    assert said in " ".join(refused.output.split())


@ONCE
def test_a_named_mend_wants_to_know_who_of_the_staff_it_acts_for(
        run: Run, only: Callable[[str], None], market: Market) -> None:
    only("books")
    a_sale_that_was_not_booked(market)
    assert "who acts is not named" in run("doctor", "--fix", "books", "--reason", "so").output
    refused = run("doctor", "--fix", "books", "--reason", "so", "--as", market.cleo.email, "--yes")
    assert "no member of staff" in refused.output
    assert told("books")[0] == FAIL


@ONCE
def test_a_mend_that_counts_can_be_named_too(run: Run, only: Callable[[str], None]) -> None:
    only("company tallies")
    done = run("doctor", "--fix", "company tallies", "--yes")
    assert done.exit_code == 0
    assert "nothing is wrong that can be mended here" in done.stderr


@ONCE
def test_every_named_mend_has_a_file_of_its_own(app: Flask) -> None:
    files = {file.stem.removeprefix("test_mend_of_").replace("_", " ")
             for file in Path(__file__).parent.glob("test_mend_of_*.py")}
    assert {name for name, mend in mends().items() if isinstance(mend, NamedMend)} == files

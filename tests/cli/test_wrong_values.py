"""What is misspelt, or is not there, is refused and explained: 2 for a wrong value, 1 for a thing that there is not."""
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.cli.market import Market

Run = Callable[..., Result]


@pytest.mark.parametrize(("line", "code", "says"), [
    ("equipment list --legal-entity nope", 1, "there is no legal entity nope"),
    ("equipment list --division nope", 1, "there is no division nope"),
    ("equipment division list --legal-entity nope", 1, "there is no legal entity nope"),
    ("equipment client list --legal-entity nope", 1, "there is no legal entity nope"),
    ("organization client show 8908d8dd", 1, "there is no client 8908d8dd; with --tenant it may be its name, or"),
    ("payments ledger --month 2026-13", 2, "'2026-13' does not match the format '%Y-%m'"),
    ("moderate transparency --year 1", 2, "Invalid value for --year: expected 2020 to "),
    ("moderate ban {seller} --rule fruad --as {staff}", 2, "no rule is called fruad. Did you mean fraud?"),
    ("moderate ban {seller} --as {staff}", 2, "`flask moderate rules list`"),
    ("users create {seller} --fullname Sara --yes", 1, "EmailAlreadyExists: email already exists"),
    ("users role {seller} admin --as {staff} --yes", 1, "AHigherRoleCantBeAssigned: a higher role cant be assigned"),
])
def test_it_is_refused_by_a_sentence(run: Run, market: Market, line: str, code: int, says: str) -> None:
    told = run(*line.format(staff=market.ada.email, seller=market.sara.email).split())
    assert (told.exit_code, says in told.stderr) == (code, True), told.output


@pytest.mark.once("folders know no database")
def test_a_folder_of_backups_that_is_not_there_is_a_wrong_value(run: Run, tmp_path: Path) -> None:
    told = run("backup", "list", "--folder", str(tmp_path / "nowhere"))
    assert (told.exit_code, "there is no folder" in told.stderr) == (2, True), told.output
    assert run("backup", "list", "--folder", str(tmp_path)).output == "no backups\n"


def test_the_ledger_of_a_month_is_that_of_the_month(run: Run, market: Market) -> None:
    assert run("payments", "ledger", "--month", "2020-01").output == "nothing was sold\n"


def test_a_path_that_is_not_set_is_shown_as_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTICE_TEMPLATES", raising=False)
    shown = [line for line in run("settings").output.splitlines() if line.startswith((
        "NOTICE_TEMPLATES", "FCM_CREDENTIALS_FILE"))]
    assert [line.split(maxsplit=1)[1] for line in shown] == ["(default)"] * 2

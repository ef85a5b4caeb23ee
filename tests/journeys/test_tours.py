"""The tours, typed as printed: every answer is the one a real server gives, and fits on a reader's screen."""
import shlex
from pathlib import Path

import pytest

from tests.components import ROOT
from tests.journeys.tours import PAGES, PRINTED_FLASK, comparable, shell, shortened, steps
from tests.live import live_system

README_LINES = 180
KERNEL_LINES = 150
LINE_LENGTH = 160


@pytest.mark.slow
def test_the_tours_as_printed(tmp_path: Path, kept_flask: list[str]) -> None:
    """The README's with the command as it is installed; the others have it from the kept interpreter."""
    with live_system(tmp_path / "home", GUILDHALL_ENV="demo", SUPERADMIN_PASSWORD="") as system:
        for page in PAGES:
            tour = steps(page.read_text())
            assert sum(bool(step.answer) for step in tour) >= 8
            flask = PRINTED_FLASK if page == PAGES[0] else shlex.join(kept_flask)
            with shell(system.url, flask, **system.environment) as prompt:
                for step in tour:
                    answer = shortened(prompt.type(step.command))
                    assert comparable(answer) == comparable(step.answer), step.command


@pytest.mark.parametrize("page", [*PAGES[:1], *sorted((ROOT / "docs").rglob("*.md")), ROOT / "tests" / "README.md",
                                  ROOT / "bench" / "README.md", ROOT / "CHANGELOG.md"],
                         ids=lambda page: str(page.relative_to(ROOT)))
def test_no_line_is_longer_than_a_screen(page: Path) -> None:
    assert [line for line in page.read_text().splitlines() if len(line) > LINE_LENGTH and line[0] != "|"] == []


def test_the_readme_is_read_in_one_sitting() -> None:
    assert len(PAGES[0].read_text().splitlines()) <= README_LINES


def test_the_kernel_is_one_page() -> None:
    assert len((ROOT / "docs" / "kernel.md").read_text().splitlines()) <= KERNEL_LINES

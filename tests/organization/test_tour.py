"""The tour of docs/organization.md, typed as printed: every answer is the one a real server gives."""
import re
from pathlib import Path

import pytest

from tests.components import ROOT
from tests.journeys.readme_tour import PRINTED_URL, shell, shortened, steps
from tests.live import live_system

PAGE = ROOT / "docs" / "organization.md"
VARYING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), "<time>"),
    (re.compile(r'"access_token": ?"[^"]+"'), '"access_token":"<token>"'),
)


def comparable(answer: str) -> str:
    """Return the answer with what differs from run to run replaced by its name."""
    for pattern, name in VARYING:
        answer = pattern.sub(name, answer)
    return answer


@pytest.mark.slow
def test_the_tour_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tour = steps(PAGE.read_text())
    assert sum(bool(step.answer) for step in tour) >= 12
    with live_system(tmp_path / "home", GUILDHALL_ENV="demo") as system:
        for name, value in system.environment.items():
            monkeypatch.setenv(name, value)
        with shell(system.url) as prompt:
            for step in tour:
                answer = shortened(prompt.type(step.command).replace(system.url, PRINTED_URL))
                assert comparable(answer) == comparable(step.answer), step.command

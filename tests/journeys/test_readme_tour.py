"""The README's tour, typed as printed: every answer is the one a real server gives."""
import json
import re
from pathlib import Path

from tests.journeys.readme_tour import README, shell, shortened, steps
from tests.live import live_system

VARYING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z"), "<time>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<hex>"),
    (re.compile(r'"(elapsedMs|ssoTime|timeStamp|codeIndex)":\d+'), r'"\1":0'),
    (re.compile(r'"source":"(db|cache)"'), '"source":"<source>"'),  # whether the look before was recent enough
    (re.compile(r'"secretCode":"\d+"'), '"secretCode":"<code>"'),
)


def _comparable(answer: str) -> object:
    for pattern, name in VARYING:
        answer = pattern.sub(name, answer)
    return json.loads(answer) if answer.startswith("{") else answer


def test_the_tour_as_printed(tmp_path: Path) -> None:
    tour = steps(README.read_text())
    assert sum(bool(step.answer) for step in tour) >= 10
    with live_system(tmp_path / "home", GUILDHALL_ENV="demo", SUPERADMIN_PASSWORD="") as system, \
            shell(system.url, **system.environment) as prompt:
        for step in tour:
            answer = shortened(prompt.type(step.command))
            assert _comparable(answer) == _comparable(step.answer), step.command

"""The receiver that docs/webhooks.md prints takes what is signed, once, and nothing else."""
import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from blueprints.platform.webhooks.rules import signed_headers, text_of
from tests.components import ROOT

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TEXT = text_of({"type": "x", "timestamp": "t", "data": {"id": "1"}})


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The printed program, as a client of it."""
    page = (ROOT / "docs" / "webhooks.md").read_text()
    [program] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len([line for line in program.splitlines() if line]) <= 15
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    names: dict[str, object] = {"__name__": "receiver"}
    exec(program, names)
    return names["app"].test_client()  # type: ignore[attr-defined]


def test_a_message_is_taken_once(printed: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    headers = signed_headers("evt_1", datetime.now(UTC), TEXT, (SECRET,))
    for _ in range(2):
        assert printed.post("/in", data=TEXT, headers=headers).status_code == 204
    assert capsys.readouterr().out == "x {'id': '1'}\n"


def test_what_is_not_signed_by_the_secret_is_refused(printed: FlaskClient) -> None:
    headers = signed_headers("evt_1", datetime.now(UTC), TEXT, ("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",))
    assert printed.post("/in", data=TEXT, headers=headers).status_code == 401
    assert printed.post("/in", data=TEXT).status_code == 401

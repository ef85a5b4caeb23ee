"""Retry-After as a receiver may write it, a day at most (RFC 9110 §10.2.3; front-door.md FD-18)."""
from datetime import UTC, datetime, timedelta

import pytest

from app.outward.retry_after import requested_wait

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("text", "wait"), [
    ("120", timedelta(minutes=2)), (" 0 ", timedelta(0)), ("99999999999999999999", timedelta(days=1)),
    ("Sun, 29 Nov 2026 12:10:00 GMT", timedelta(minutes=10)), ("Sun, 29 Nov 2026 11:00:00 GMT", timedelta(0)),
    ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(days=1)),
    ("Fri, 1 Jan 99999999999999999999 00:00:00 GMT", None), ("Fri, 1 Jan 9999999999 00:00:00 GMT", None),
    ("Sun, 99999999999 Nov 2026 12:10:00 GMT", None), ("Sun, 29 Nov 2026 12:10:00 +" + "1" * 40, None),
    (None, None), ("", None), ("soon", None), ("-5", None), ("1.5", None), ("²", None)])
def test_retry_after_is_read_as_seconds_or_a_date(text: str | None, wait: timedelta | None) -> None:
    assert requested_wait(text, NOW) == wait

"""The one clock: every rule about time asks it, so that a test can reach an expiry, and the demo a past, at once.

Production never moves it: it refuses `CLOCK_OFFSET`, and the demo, which alone calls `moved_clock` outside tests."""
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_offset = timedelta(0)


def now() -> datetime:
    """Return the current UTC time, cut to milliseconds, the precision of the wire and of both databases."""
    moment = datetime.now(UTC) + _offset
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def set_offset(seconds: float) -> None:
    """Move the clock by `seconds` from real time (setting CLOCK_OFFSET, test only)."""
    global _offset
    _offset = timedelta(seconds=seconds)


@contextmanager
def moved_clock(**ahead: float) -> Iterator[None]:
    """Let the block run `timedelta(**ahead)` later than now; nests and restores."""
    global _offset
    before = _offset
    _offset = before + timedelta(**ahead)
    try:
        yield
    finally:
        _offset = before

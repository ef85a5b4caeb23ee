"""UUIDv7 (RFC 9562): ids that sort by creation, made by the application so that clients may bring their own."""
import os
import re
import time

SHORT_ID_DIGITS = 8
MOST_FOUND = 6
"""How many ids of a beginning are looked for: one more than a terminal lists, which tells whether there are more."""
_DIGITS = re.compile("[0-9a-f]{4,32}")
_GROUPS = (8, 12, 16, 20)
_PATTERN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")


def uuid7() -> str:
    """Return a new UUIDv7 in canonical text; the 12 bits after the milliseconds carry the sub-millisecond part."""
    nanoseconds = time.time_ns()
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    value = milliseconds << 80 | 0x7 << 76 | (rest * 4096 // 1_000_000) << 64 | 0b10 << 62
    value |= int.from_bytes(os.urandom(8), "big") >> 2
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def canonical_uuid(text: object) -> str | None:
    """Return the lower-case canonical form of a UUID, or None when `text` is not one."""
    if not isinstance(text, str):
        return None
    lowered = text.strip().lower()
    return lowered if _PATTERN.match(lowered) else None


def short_id(object_id: str) -> str:
    """Return the digits by which a table shows an id: the last eight, as those of one minute share the first (M-29)."""
    return object_id[-SHORT_ID_DIGITS:]


def digits_of(text: str) -> str:
    """Return what stands for the digits of an id, without what divides them."""
    return text.strip().lower().replace("-", "")


def ids_begun(text: str) -> tuple[str, str] | None:
    """Return the first and the last id that begin with the text; None when it has not four digits, or something else.

    Whole ids are compared: a beginning alone would be sorted in another way by some of PostgreSQL's collations."""
    digits = digits_of(text)
    return ids_between(digits) if _DIGITS.fullmatch(digits) else None


def ids_between(digits: str) -> tuple[str, str]:
    """Return the first and the last id that begin with these digits."""
    return _written(digits.ljust(32, "0")), _written(digits.ljust(32, "f"))


def _written(digits: str) -> str:
    ends = (*_GROUPS, 32)
    return "-".join(digits[start:end] for start, end in zip((0, *_GROUPS), ends, strict=True))

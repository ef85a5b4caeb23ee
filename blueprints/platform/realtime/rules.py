"""How a stream is asked for, read without a database (front-door.md FD-12, FD-14)."""
LARGEST_POSITION = 2**63 - 1


def read_topics(text: str | None) -> tuple[str, ...]:
    """Return the topics that stand in the parameter, with commas between, each once."""
    return tuple(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))


def read_position(text: str) -> int | None:
    """Return the position that a client says it has, None for what can be none."""
    if not text.isascii() or not text.isdecimal() or len(text) > 19:
        return None
    position = int(text)
    return position if position <= LARGEST_POSITION else None

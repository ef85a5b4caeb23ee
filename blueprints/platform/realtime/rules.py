"""How a stream is asked for, read without a database (front-door.md FD-12, FD-14)."""


def read_topics(text: str | None) -> tuple[str, ...]:
    """Return the topics that stand in the parameter, with commas between, each once."""
    return tuple(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))

"""Lists of plain values in one column: how a PATCH changes them, the same in every service (rules-network §0.2)."""
from collections.abc import Mapping, Sequence
from typing import Any

from app.errors import RuleViolated


def merged_list(values: Mapping[str, Any], name: str, former: Sequence[Any] | None, *, most: int) -> dict[str, Any]:
    """Return what a locked row is changed to, with the whole new list `name` in place of its three ways to change it.

    The first that was sent counts, as in the contract: `name` itself, `<name>_remove`, `<name>_append`. What is there
    is not added again. `former` is the list of the row. Raises RuleViolated (TooManyValues) above `most`."""
    merged = {key: value for key, value in values.items() if key not in (f"{name}_append", f"{name}_remove")}
    if name in merged:
        return merged
    standing = list(former or ())
    if gone := values.get(f"{name}_remove"):
        merged[name] = [value for value in standing if value not in gone]
    elif more := values.get(f"{name}_append"):
        merged[name] = list(dict.fromkeys([*standing, *more]))
        if len(merged[name]) > most:
            raise RuleViolated("TooManyValues", f"At most {most} values can stand in this list")
    return merged

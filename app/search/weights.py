"""The operator's own weights of fields (SEARCH_WEIGHTS), docs/search.md.

A weight is part of an index's description, so one that changes has the index written anew beside the served one."""
from collections.abc import Mapping
from dataclasses import replace

from app.runtime import runtime
from app.search.fields import IndexSchema

HEAVIEST = 100.0


def read_weights(text: str) -> Mapping[tuple[str, str], float]:
    """Return (index, field) → weight of `searchIndex.title=6, people.headline=3`; raises ValueError."""
    found: dict[tuple[str, str], float] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        named, sign, written = part.partition("=")
        index, dot, field = named.strip().partition(".")
        weight = _weight(written)
        if not (sign and dot and index and field) or weight is None:
            raise ValueError(f"{part!r} is no weight: expected index.field=weight, above 0 and up to {HEAVIEST:g}")
        found[index, field] = weight
    return found


def weighted(schema: IndexSchema) -> IndexSchema:
    """Return a description with the operator's weights of the fields that words are looked for in."""
    weights = read_weights(runtime().settings.search_weights)
    fields = tuple(replace(field, boost=weights.get((schema.name, field.name), field.boost)) if field.boost else field
                   for field in schema.fields)
    return schema if fields == schema.fields else IndexSchema(schema.name, fields)


def check_weights() -> tuple[str, str]:
    """Return what `flask doctor` says of SEARCH_WEIGHTS: a field that no index looks for words in is named."""
    from app.search.catalogue import declared_indexes

    known = {(name, field.name) for name, one in declared_indexes().items() for field in one.schema.worded}
    weights = read_weights(runtime().settings.search_weights)
    if unknown := [".".join(named) for named in weights if named not in known]:
        return "warn", f"SEARCH_WEIGHTS: words are not looked for in {', '.join(unknown[:5])} (docs/search.md)"
    return "ok", f"{len(weights)} fields have another weight than the release gives them"


def _weight(written: str) -> float | None:
    try:
        weight = float(written)
    except ValueError:
        return None
    return weight if 0 < weight <= HEAVIEST else None

"""Which values of a facet are told, in which order and under which spelling: the same by index and by walk."""
from collections import Counter

from app.folding import fold
from app.search.fields import Field

MAX_FACET_VALUES = 100


def most_frequent(field: Field, counter: "Counter[str]") -> dict[str, int]:
    """The values counted most, most frequent first; the spellings of one folded value under the most frequent."""
    ordered = sorted(counter.items(), key=_by_count)
    if field.folded:
        spelled: dict[str, str] = {}
        merged: Counter[str] = Counter()
        for value, times in ordered:
            merged[spelled.setdefault(fold(value), value)] += times
        ordered = sorted(merged.items(), key=_by_count)
    return dict(ordered[:MAX_FACET_VALUES])


def _by_count(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]

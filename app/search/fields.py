"""Describes what an index knows of its documents, independent of the engine and of Flask."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

Kind = Literal["text", "keyword", "number", "instant"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*")
# Raised when the stored form changes, so that older folders are rebuilt instead of misread.
_FORMAT = 3


@dataclass(frozen=True)
class Field:
    """One property of a document.

    `boost` above 0 puts its words into the full text with that weight; `filter`, `facet` and `sort` say what else it
    may be used for. `many` marks a keyword that holds a list. A dotted name reaches into nested objects. Of a keyword
    that is `folded`, case and accents do not count: spellings are one value, counted under the most frequent of them.
    """

    name: str
    kind: Kind
    boost: float = 0.0
    filter: bool = False
    facet: bool = False
    sort: bool = False
    many: bool = False
    # Not in the repr, of which fingerprints are made: those of indexes without it stay as they are.
    folded: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        """Refuses descriptions no engine could hold."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is not a field name")
        if self.boost < 0:
            raise ValueError(f"{self.name}: boost must not be negative")
        if self.facet and self.kind != "keyword":
            raise ValueError(f"{self.name}: only keywords can be counted as facets")
        if self.many and (self.kind != "keyword" or self.sort):
            raise ValueError(f"{self.name}: only keywords may hold many values, and those cannot be sorted by")
        if self.folded and self.kind != "keyword":
            raise ValueError(f"{self.name}: only keywords are compared folded")
        if self.boost and self.kind not in ("text", "keyword"):
            raise ValueError(f"{self.name}: numbers and instants have no words")

    @property
    def has_column(self) -> bool:
        """Whether its value is kept beside the words, to filter, count or sort by."""
        return self.filter or self.facet or self.sort

    @property
    def has_own_words(self) -> bool:
        """Whether its words can be matched apart from the other fields' words."""
        return self.kind == "text" and self.filter


def prose(name: str, boost: float = 1.0, *, filter: bool = False, sort: bool = False) -> Field:
    """Prose: found by its words."""
    return Field(name, "text", boost=boost, filter=filter, sort=sort)


def keyword(
    name: str, *, boost: float = 0.0, filter: bool = True, facet: bool = False, sort: bool = False, many: bool = False,
    folded: bool = False,
) -> Field:
    """A value compared as a whole: an id, an enum, a flag."""
    return Field(name, "keyword", boost=boost, filter=filter, facet=facet, sort=sort, many=many, folded=folded)


def number(name: str, *, filter: bool = True, sort: bool = True) -> Field:
    """An integer or decimal; exact up to 2**53."""
    return Field(name, "number", filter=filter, sort=sort)


def instant(name: str, *, filter: bool = True, sort: bool = True) -> Field:
    """A moment in time, to the millisecond."""
    return Field(name, "instant", filter=filter, sort=sort)


@dataclass(frozen=True)
class IndexSchema:
    """The fields of one index; documents may carry more, which is kept but not searched."""

    name: str
    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        """Refuses a name that is no folder name, and fields named twice."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", self.name):
            raise ValueError(f"{self.name!r} is not an index name")
        if len(self.by_name) != len(self.fields):
            raise ValueError(f"{self.name}: a field is described twice")

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Field name to field."""
        return {field.name: field for field in self.fields}

    @cached_property
    def worded(self) -> tuple[Field, ...]:
        """The fields the free text of a search looks into."""
        return tuple(field for field in self.fields if field.boost > 0)

    def described(self) -> dict[str, Any]:
        """Return the description as a folder keeps it beside what was written under it."""
        return {"format": _FORMAT, "fields": [asdict(field) for field in self.fields], "fingerprint": self.fingerprint}

    @classmethod
    def of(cls, name: str, described: Mapping[str, Any]) -> "IndexSchema | None":
        """Return the description that a folder keeps; None where this release cannot read what was written under it."""
        if described.get("format") != _FORMAT:
            return None
        try:
            return cls(name, tuple(Field(**field) for field in described["fields"]))
        except (KeyError, TypeError, ValueError):
            return None

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever a folder written under another description must be rebuilt."""
        described = repr((_FORMAT, sorted(self.fields, key=lambda field: field.name)))
        described += "".join(sorted(field.name for field in self.fields if field.folded))
        return hashlib.sha256(described.encode()).hexdigest()[:16]

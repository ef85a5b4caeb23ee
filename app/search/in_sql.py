"""The words of a search as a condition of SQL, for the time in which the index of a table is being rebuilt.

The table keeps its words in a column (app/folding.py, stored_words); the answer is the one the index would give."""
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_

from app.folding import Way, Ways
from app.search.text import ends_open, is_beginning, query_words


def holds_words(column: Any, query: str) -> ColumnElement[bool]:
    """Return the condition that a column of stored words holds a query; nothing but signs is nowhere."""
    wanted = query_words(query)
    if not wanted:
        return false()
    *whole, last = wanted
    return and_(*(_any_way(column, ways, open_end=False) for ways in whole), _any_way(column, last, ends_open(query)))


def _any_way(column: Any, ways: Ways, open_end: bool) -> ColumnElement[bool]:
    return or_(*(_all_words(column, way, open_end) for way in ways))


def _all_words(column: Any, way: Way, open_end: bool) -> ColumnElement[bool]:
    *whole, last = (f" {word} " for word in way)
    if open_end and is_beginning(way[-1]):
        last = last[:-1]
    return and_(*(column.contains(word, autoescape=True) for word in (*whole, last)))

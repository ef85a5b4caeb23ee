"""Pages of rows in an order: those that have a value, in its order, then those that have none, in that of their ids.

Each is an order that an index of the database can have; of both together no index has it, and each page would sort all
rows."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Subquery, func, literal_column, select

from app.data.reads import fetch
from app.data.reads.keyset import RowOrder, row_order


@dataclass(frozen=True)
class SortedRows:
    """The rows of a list, sorted by a value, equal ones by their ids; those without a value come last, either way.

    `there` selects `value` and `id` of the rows that have one, `without` the `id` of the others; None where every row
    has a value."""

    there: Subquery
    without: Subquery | None
    descending: bool

    def page(self, limit: int, offset: int, after: str | None) -> tuple[list[str], str | None]:
        """Return the ids of a page of rows in order, and the cursor of the next page, None at the end.

        One statement reads them, and at most two more where rows without a value are reached. Raises InvalidInput for
        a cursor that is none of this order."""
        order = self._order
        last = None if after is None else order.values(after)
        found = self._valued(order, last, offset, limit + 1)
        if self.without is not None and len(found) <= limit:
            skipped = max(0, offset - self._valued_within(offset)) if offset and not found else 0
            found += self._unvalued(self.without, last, skipped, limit + 1 - len(found))
        rows = found[:limit]
        following = order.cursor(rows[-1]) if len(found) > limit else None
        return list(dict.fromkeys(id_ for _, id_ in rows)), following  # a value may come or go between two statements

    @property
    def _order(self) -> RowOrder:
        value = self.there.c.value
        order = row_order(value.desc() if self.descending else value, self.there.c.id)
        return order.of_values if self.without is None else order

    def _valued(self, order: RowOrder, last: Mapping[str, Any] | None, offset: int, most: int) -> list[Sequence[Any]]:
        """Return value and id of the rows that have a value, none where the last row shown had none."""
        order, query = order.of_values, select(self.there.c.value, self.there.c.id)
        if last is not None:
            if None in last.values():
                return []
            query = query.where(order.behind(last))
        return list(fetch(_part(query.order_by(*order.clauses), offset, most)))

    def _unvalued(self, rows: Subquery, last: Mapping[str, Any] | None, offset: int, most: int) -> list[Sequence[Any]]:
        """Return None and the id of the others, all of them where the last row shown had a value."""
        query = select(rows.c.id).order_by(rows.c.id)
        if last is not None and None in last.values():
            query = query.where(rows.c.id > list(last.values())[-1])
        return [(None, id_) for id_, in fetch(_part(query, offset, most))]

    def _valued_within(self, most: int) -> int:
        """Return how many rows have a value, `most` where there are more."""
        some = select(literal_column("1")).select_from(self.there).limit(most).subquery()
        return int(fetch(select(func.count()).select_from(some))[0][0])


def _part(query: Select[Any], offset: int, most: int) -> Select[Any]:
    return query.limit(most).offset(offset) if offset else query.limit(most)

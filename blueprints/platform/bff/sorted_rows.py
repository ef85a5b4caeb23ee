"""Pages of rows in an order: those that have a value, in its order, then those that have none, in that of their ids.

Each is an order that an index of the database can have; of both together no index has it, and each page would sort all
rows."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select

from app.data.connections import reading
from app.data.entity import Entity
from app.data.reads import fetch, row_columns
from app.data.reads.keyset import RowOrder, row_order
from app.data.reads.prepared import fetch_raw

Condition = ColumnElement[bool]
Raw = Sequence[Any]
"""What `row_columns` names, and behind it the value and the id of the order."""


@dataclass(frozen=True)
class SortedRows:
    """The rows of a list, sorted by a value, equal ones by their ids; those without a value come last, either way.

    `there` holds of the rows that have one, `without` of the others; None where every row has a value. `name` tells the
    order from others."""

    model: type[Entity]
    name: str
    value: ColumnElement[Any]
    there: Condition
    without: Condition | None
    descending: bool

    def page(self, limit: int, offset: int, after: str | None) -> tuple[list[Raw], str | None]:
        """Return a page of raw rows in order, and the cursor of the next page, None at the end.

        One statement reads them, and at most two more where rows without a value are reached. Raises InvalidInput for
        a cursor that is none of this order."""
        order = self._order
        last = None if after is None else order.values(after)
        found = self._valued(order, last, offset, limit + 1)
        if self.without is not None and len(found) <= limit:
            skipped = max(0, offset - self._valued_within(offset)) if offset and not found else 0
            met = {row[-1] for row in found}  # a value may go between two statements
            found += [row for row in self._unvalued(self.without, last, skipped, limit + 1 - len(found))
                      if row[-1] not in met]
        return found[:limit], order.cursor(found[limit - 1][-2:]) if len(found) > limit else None

    @property
    def _order(self) -> RowOrder:
        order = row_order(self.value.desc() if self.descending else self.value, self.model.id, name=self.name)
        return order.of_values if self.without is None else order.of_some_without_value

    def _valued(self, order: RowOrder, last: Mapping[str, Any] | None, offset: int, most: int) -> list[Raw]:
        """Return rows that have a value, none where the last row shown had none."""
        order, where = order.of_values, [self.there]
        if last is not None:
            if None in last.values():
                return []
            where.append(order.behind(last))
        page = select(self.value.label("value"), self.model.id).where(*where).order_by(*order.clauses)
        return self._read(page, offset, most)

    def _unvalued(self, where: Condition, last: Mapping[str, Any] | None, offset: int, most: int) -> list[Raw]:
        """Return the others, from the first one on where the last row shown had a value."""
        page = select(literal_column("NULL").label("value"), self.model.id).where(where).order_by(self.model.id)
        if last is not None and None in last.values():
            page = page.where(self.model.id > list(last.values())[-1])
        return self._read(page, offset, most)

    def _read(self, page: Select[Any], offset: int, most: int) -> list[Raw]:
        """Read the rows of a page by their ids: what is sorted where no index has the order are values and ids."""
        one = page.limit(most).offset(offset or None).subquery("page")
        value = one.c.value.desc() if self.descending else one.c.value
        query = select(*row_columns(self.model), one.c.value, one.c.id).join_from(
            one, self.model, self.model.id == one.c.id).order_by(value, one.c.id)
        with reading() as connection:
            return list(fetch_raw(connection, query, {}))

    def _valued_within(self, most: int) -> int:
        """Return how many rows have a value, `most` where there are more."""
        some = select(literal_column("1")).select_from(self.model).where(self.there).limit(most).subquery()
        return int(fetch(select(func.count()).select_from(some))[0][0])

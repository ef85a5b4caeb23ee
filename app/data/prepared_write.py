"""An INSERT or UPDATE compiled once for the life of the process, and how the driver takes its values."""
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect


@dataclass(frozen=True, slots=True)
class PreparedWrite:
    """The statement, and how the database takes the values of its columns, in their order."""

    sql: str
    is_positional: bool
    columns: tuple[tuple[str, Callable[[Any], Any] | None], ...]

    def values(self, row: Mapping[str, Any]) -> Any:
        """Return the parameters of one row, given by the names of the columns."""
        if self.is_positional:
            return tuple([row[name] if bound is None else bound(row[name]) for name, bound in self.columns])
        return {name: row[name] if bound is None else bound(row[name]) for name, bound in self.columns}


def prepared_write(compiled: Any, dialect: Dialect, columns: Mapping[str, Any]) -> PreparedWrite:
    """Return a compiled statement ready for its values; `columns` are those its parameters are named for."""
    return PreparedWrite(str(compiled), compiled.positional, tuple(
        (name, columns[name].type.dialect_impl(dialect).bind_processor(dialect))
        for name in compiled.positiontup or columns))

"""What the migrations that wait would do: read from themselves, by running each against a recorder in place of `op`.

What a migration reads it finds empty, so what it makes of rows is not seen; the plan says so where it reads any."""
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, inspect, text

from app.data.entity import db
from app.ops.migrations import migrations_folder, present_migration

YES, NO, UNKNOWN = "yes", "no", "not known"
NOBODY, MOMENT, WRITERS, EVERYBODY, SAME_ROWS = (
    "nobody", "everybody, a moment", "who writes there", "everybody there", "who writes the rows")
ONE_WRITER = "every writer"  # SQLite has one write lock, and who reads never waits
REWRITE, SCAN, INDEX, CHANGE = "rewrite", "scan", "index", "change"
ROWS_A_SECOND = {"sqlite": {REWRITE: 6_000, INDEX: 40_000, CHANGE: 12_000},
                 "postgresql": {REWRITE: 8_000, SCAN: 200_000, INDEX: 150_000, CHANGE: 3_000}}
"""Measured by `make bench ONLY=migrations` on the widest table, the listings, with all its indexes, on two cores with
nine programs at work: the slowest of nine runs, rounded down. An estimate too long costs less than one too short.
SQLite scans nothing alone: a constraint rewrites its table."""
_ROWS_IN_STATISTICS = text("""SELECT greatest(reltuples, n_live_tup) FROM pg_class
    LEFT JOIN pg_stat_user_tables ON relid = pg_class.oid WHERE pg_class.oid = to_regclass(:name)""")
_STATEMENT = re.compile(r"\s*(UPDATE|INSERT\s+INTO|DELETE\s+FROM|ALTER\s+TABLE|CREATE\s+(?:UNIQUE\s+)?INDEX|\w+)\s+"
                        r"(?:ONLY\s+|IF\s+(?:NOT\s+)?EXISTS\s+)?[\"`]?(\w*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kind:
    """What an operation means: who waits for it on PostgreSQL, how long it works, whether the old code goes on."""

    says: str
    waits: str
    work: str | None
    old_code: str


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a migration."""

    kind: Kind
    table: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Estimated:
    """A step on this database: `rows` of its table now, None when nobody knows the table, and the seconds it takes."""

    step: Step
    rows: int | None
    waits: str
    seconds: float


@dataclass(frozen=True, slots=True)
class PendingMigration:
    """A migration that waits, and what is not known of it."""

    number: str
    title: str
    steps: list[Estimated]
    unknown: list[str]

    @property
    def seconds(self) -> float:
        """The estimate; without the part that is not known."""
        return sum(one.seconds for one in self.steps)

    @property
    def old_code(self) -> str:
        """Whether the code of before runs on the schema behind it."""
        found = {one.step.kind.old_code for one in self.steps}
        return NO if NO in found else UNKNOWN if UNKNOWN in found else YES


def pending_migrations() -> list[PendingMigration]:
    """Return the migrations that wait for the application's database, in the order in which they run.

    Raises LookupError when the database stands at a migration that this code does not have."""
    folder, present = ScriptDirectory(str(migrations_folder())), present_migration(db.engine)
    known = {script.revision for script in folder.walk_revisions()}
    if present is not None and present not in known:
        raise LookupError(f"the database stands at migration {present}, which this code does not have: the code is "
                          "older than the one that served last")
    waiting = list(folder.iterate_revisions("head", present or "base"))[::-1]
    with db.engine.connect() as connection:
        return [_pending(script, connection) for script in waiting]


def _pending(script: Script, connection: Connection) -> PendingMigration:
    recorder = Recorder(connection.dialect.name)
    with _recorded(script.module, recorder):
        try:
            script.module.upgrade()
        except Exception as error:  # whatever a migration does with what it reads
            recorder.unknown.append(f"it goes on by what it reads ({type(error).__name__})")
    made = {step.table for step in recorder.steps if step.kind is KINDS["create_table"]}
    steps = [_estimated(step, connection, is_new=step.table in made) for step in recorder.steps]
    return PendingMigration(str(script.revision), script.doc.split("\n", 1)[0], steps, recorder.unknown)


@contextmanager
def _recorded(module: Any, recorder: "Recorder") -> Iterator[None]:
    before, module.op = module.op, recorder
    try:
        yield
    finally:
        module.op = before


def _estimated(step: Step, connection: Connection, *, is_new: bool) -> Estimated:
    is_sqlite = connection.dialect.name == "sqlite"
    rows = 0 if is_new else _rows(connection, step.table)
    seconds = (rows or 0) / ROWS_A_SECOND[connection.dialect.name][step.kind.work] if step.kind.work else 0.0
    waits = NOBODY if is_new else ONE_WRITER if is_sqlite else step.kind.waits
    return Estimated(step, rows, waits, seconds)


def _rows(connection: Connection, table: str) -> int | None:
    """Return about how many rows a table has; counted is only a table that offers nothing else."""
    if not table or not inspect(connection).has_table(table):
        return None
    if connection.dialect.name == "sqlite":
        counted = "max(rowid)" if _has_rowid(connection, table) else "count(*)"
        return int(connection.scalar(text(f'SELECT {counted} FROM "{table}"')) or 0)
    return max(0, int(connection.scalar(_ROWS_IN_STATISTICS, {"name": f'"{table}"'}) or 0))


def _has_rowid(connection: Connection, table: str) -> bool:
    return not connection.scalar(text("SELECT wr FROM pragma_table_list WHERE name = :name"), {"name": table})


KINDS: Mapping[str, Kind] = {
    "create_table": Kind("new table", NOBODY, None, YES),
    "drop_table": Kind("table goes", MOMENT, None, NO),
    "rename_table": Kind("table is renamed", MOMENT, None, NO),
    "add_column": Kind("new column", MOMENT, None, YES),
    "add_required_column": Kind("new column, required", EVERYBODY, REWRITE, NO),
    "drop_column": Kind("column goes", MOMENT, None, NO),
    "alter_column": Kind("column changes", EVERYBODY, REWRITE, NO),
    "widen_column": Kind("column may be empty", MOMENT, None, YES),
    "create_index": Kind("new index", WRITERS, INDEX, YES),
    "create_unique_index": Kind("new unique index", WRITERS, INDEX, UNKNOWN),
    "drop_index": Kind("index goes", MOMENT, None, YES),
    "create_unique_constraint": Kind("new constraint", EVERYBODY, INDEX, UNKNOWN),
    "create_check_constraint": Kind("new constraint", EVERYBODY, SCAN, UNKNOWN),
    "create_foreign_key": Kind("new constraint", WRITERS, SCAN, UNKNOWN),
    "create_primary_key": Kind("new key", EVERYBODY, INDEX, UNKNOWN),
    "drop_constraint": Kind("constraint goes", MOMENT, None, YES),
    "bulk_insert": Kind("rows come", NOBODY, None, YES),
    "update": Kind("rows change", SAME_ROWS, CHANGE, UNKNOWN),
    "insert": Kind("rows come", NOBODY, CHANGE, YES),
    "delete": Kind("rows go", SAME_ROWS, CHANGE, UNKNOWN),
    "statement": Kind("another statement", EVERYBODY, None, UNKNOWN),
}
_ON_SQLITE_REWRITTEN = ("alter_column", "widen_column", "drop_column", "drop_constraint", "create_unique_constraint",
                        "create_check_constraint", "create_foreign_key", "create_primary_key")
_WORDS = {"UPDATE": "update", "INSERT INTO": "insert", "DELETE FROM": "delete"}


@dataclass
class Recorder:
    """Stands in the place of alembic's `op`, and of the connection that it gives: it does nothing and keeps a list."""

    dialect_name: str
    table: str = ""
    steps: list[Step] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def dialect(self) -> Any:
        """The dialect's name, as migrations ask for it."""
        return SimpleNamespace(name=self.dialect_name)

    def f(self, name: str) -> str:
        """Return a name that is final."""
        return name

    def get_bind(self) -> "Recorder":
        """Return the recorder itself, as the connection."""
        return self

    def get_context(self) -> "Recorder":
        """Return the recorder itself: it knows the dialect."""
        return self

    @contextmanager
    def batch_alter_table(self, table: str, *_: Any, **__: Any) -> Iterator["Recorder"]:
        """Record what is done to one table."""
        yield Recorder(self.dialect_name, table, self.steps, self.unknown)

    def execute(self, statement: Any, *_: Any, **__: Any) -> "Nothing":
        """Record a statement by its first words."""
        if getattr(statement, "is_select", False):
            self._reads()
            return Nothing()
        if (changed := getattr(statement, "table", None)) is not None:
            self._add(next((one for one in ("update", "insert", "delete") if getattr(statement, f"is_{one}", False)),
                           "statement"), changed.name)
            return Nothing()
        words = _STATEMENT.match(str(statement))
        verb = re.sub(r"\s+", " ", words[1].upper()) if words else ""
        if verb in ("SELECT", "WITH"):
            self._reads()
        else:
            self._add(_WORDS.get(verb, "statement"), words[2] if words else "", verb)
        return Nothing()

    scalar = scalars = exec_driver_sql = execute

    def __getattr__(self, name: str) -> Callable[..., "Nothing"]:
        if name.startswith("_"):
            raise AttributeError(name)

        def record(*arguments: Any, **options: Any) -> Nothing:
            self._record(name, arguments, options)
            return Nothing()
        return record

    def _record(self, name: str, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> None:
        place = 1 if name in ("create_index", "create_unique_constraint", "create_check_constraint",
                              "create_foreign_key", "create_primary_key", "drop_index", "drop_constraint") else 0
        named = options.get("table_name", arguments[place] if len(arguments) > place else "")
        table = self.table or str(getattr(named, "name", named))
        rest = arguments if self.table else arguments[1:]
        detail = str(getattr(rest[0], "name", rest[0])) if rest and place == 0 and name != "create_table" else (
            str(arguments[0]) if place == 1 and arguments else "")
        self._add(_kind_of(name, rest, options), table, detail)

    def _reads(self) -> None:
        said = "it reads rows, and what it does with them is not seen"
        if said not in self.unknown:
            self.unknown.append(said)

    def _add(self, kind: str, table: str, detail: str = "") -> None:
        known = KINDS.get(kind)
        if known is None:
            self.unknown.append(f"op.{kind}({table})")
            known = KINDS["statement"]
        if self.dialect_name == "sqlite" and kind in _ON_SQLITE_REWRITTEN:
            known = Kind(known.says, known.waits, REWRITE, known.old_code)
        self.steps.append(Step(known, table, detail))


class Nothing:
    """What a statement found: no rows."""

    rowcount = 0

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __bool__(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *_, **__: [] if name in ("all", "fetchall", "partitions", "scalars", "mappings") else None


def _kind_of(name: str, rest: tuple[Any, ...], options: Mapping[str, Any]) -> str:
    if name == "create_index" and options.get("unique"):
        return "create_unique_index"
    if name == "add_column":
        column = rest[0] if rest else options.get("column")
        is_required = not getattr(column, "nullable", True) and getattr(column, "server_default", None) is None
        return "add_required_column" if is_required else "add_column"
    if name == "alter_column" and options.get("nullable") is True and not set(options) & {"type_", "new_column_name"}:
        return "widen_column"
    return name

"""What a unit of work has to write: new rows and changed ones, and the records they leave.

Without the ORM's session where it can be (docs/decisions/124); in one order for everybody, so that nobody deadlocks."""
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import update as sql_update
from sqlalchemy.orm.attributes import set_committed_value

from app.actor import Actor
from app.clock import now
from app.data.changes import former_values, record_new, record_update, stamp_changes
from app.data.connections import reading
from app.data.entity import Base, Entity
from app.data.entity_inserts import complete_entities, insert_at_once, insert_entities
from app.data.entity_updates import is_plain, update_entity
from app.data.expected_version import named_version
from app.data.folded import with_folded
from app.data.ids import uuid7
from app.data.version_keys import version_key
from app.data.work.blocks import Blocks
from app.data.work.connection import WorkConnection
from app.data.work.known_rows import KnownRows
from app.data.work.records import WorkRecords


class Writes:
    """The rows that one unit of work has not written yet."""

    def __init__(self, connection: WorkConnection, blocks: Blocks, records: WorkRecords, known: KnownRows) -> None:
        self._connection, self._blocks, self._records, self._known = connection, blocks, records, known
        self._new: dict[Entity, None] = {}
        """The data objects to insert at the next flush."""
        self.settled: list[Entity] = []
        """Those whose version and record are made, to insert before the next statement."""

    def add(self, row: Base, actor: Actor) -> None:
        """Take a new row, and give a data object the id, times and owner that it lacks."""
        if isinstance(row, Entity):
            given, moment = vars(row), now()  # past the attributes, which would note what each value was before
            given["id"] = given.get("id") or uuid7()
            given["created_at"] = given.get("created_at") or moment
            given["updated_at"] = moment
            if given.get("is_active") is None:
                given["is_active"] = True
            if given.get("owner") is None:
                given["owner"] = getattr(row, row.__owner__) if row.__owner__ else actor.user_id
            self._new[row] = None
        else:
            self._known.session.add(row)

    def flush(self) -> None:
        """Send new and changed rows to the database. Raises what it refuses, as an ApiError."""
        with self._blocks.saving():
            self._insert_settled()
            changed = self._known.changed()
            if self._are_for_orm(changed):
                self._known.session.add_all(self._new)
                self._new.clear()
                self._known.session.flush()
            else:
                updated = self._update(changed)  # first: a unique value is freed before it is taken again
                self._settle_new()
                self._insert_settled()
                for entity, old in updated:
                    record_update(entity, old, self._records.take_change)

    def settle(self) -> None:
        """Make versions and records: new rows alone are sent by the next statement or commit only."""
        changed = self._known.changed()
        if changed or self._are_for_orm(changed):
            self.flush()
        else:
            self._settle_new()

    def _are_for_orm(self, changed: list[Any]) -> bool:
        """Return whether the ORM has something to write: rows deleted, changed inside an attempt(), whose rollback
        makes them anew, or without our own ids."""
        session = self._known.opened_session
        return not all(map(is_plain, changed)) or (session is not None and bool(
            session.new or session.deleted or (changed and session.in_nested_transaction())))

    def _update(self, changed: list[Any]) -> list[tuple[Entity, dict[str, Any]]]:
        """Write these rows where their values are others; returns those, with the former values."""
        expectation = named_version.get()
        updated = [(entity, former_values(entity)) for entity in sorted(
            stamp_changes(changed, expectation.check if expectation else None), key=_place)]
        for entity, old in updated:
            self._blocks.wrote = True
            self._records.invalidated.add(version_key(entity))
            update_entity(self._connection.get(), self._known.opened_session, entity, frozenset(old))
        return updated

    def _settle_new(self) -> None:
        new, self._new = list(self._new), {}
        complete_entities(new)
        self._records.invalidated.update(record_new(new, self._records.take_change))
        self.settled += new

    def _insert_settled(self) -> None:
        if not self.settled:
            return
        new, self.settled = self.settled, []
        self._blocks.wrote = True
        insert_entities(self._connection.get(), new)
        self._known.add_inserted(new)

    def commit_at_once(self) -> bool:
        """Insert and commit one new row and its record, when they are all there is; returns whether that is done.

        That ends the unit of work: the row is not taken as loaded, because no session will ask for it."""
        record = self._records.only_one()
        if record is None or len(self.settled) != 1 or self._connection.is_open():
            return False
        [entity] = self.settled
        with self._blocks.saving(), reading() as connection:
            if not insert_at_once(connection, entity, record):
                return False
        self.settled, self._blocks.wrote = [], True
        self._records.note_written()
        return True

    def change_all(self, rows: Sequence[Entity], values: Mapping[str, Any]) -> None:
        """Set the same values in rows of one model by one statement, and take the change of each."""
        self.flush()
        model, moment = type(rows[0]), now()
        stamped = {**with_folded(model, values), "updated_at": moment}
        statement = (sql_update(model).where(model.id.in_([row.id for row in rows]))
                     .values(**stamped, record_version=model.record_version + 1)
                     .execution_options(synchronize_session=False))
        self._blocks.wrote = True
        self._blocks.watched(lambda: self._known.session.execute(statement))
        self._known.note_set_by_statement(rows)
        for row in rows:
            stamped["record_version"] = row.record_version + 1
            former = {name: getattr(row, name) for name in stamped}
            for name, value in stamped.items():
                set_committed_value(row, name, value)
            record_update(row, former, self._records.take_change)
        self._records.invalidated.add(version_key(model))

    def are_pending(self) -> bool:
        """Return whether something is about to be written."""
        if self._new or self.settled:
            return True
        session = self._known.opened_session
        return ((session is not None and bool(session.new or session.deleted))
                or any(map(former_values, self._known.changed())))

    def forget(self) -> None:
        """Forget the new rows of a block that was taken back."""
        self._new.clear()
        self.settled.clear()


def _place(entity: Entity) -> tuple[str, str]:
    """Return where the row stands in the order in which rows are written, the same for everybody."""
    return entity.__tablename__, entity.id

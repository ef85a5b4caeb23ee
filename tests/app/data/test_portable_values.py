"""Rows as they are moved between the two databases: every type has one form that both take and give back."""
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    create_engine,
    insert,
)

from app.data.columns import Instant, Json, WebAddress, parse_iso
from app.data.entity import Base
from app.data.portable_values import portable_of
from app.data.table_copy import ROWS_AT_ONCE, CopyRefused, Side, carry_sequence, compare_rows, copy_rows
from app.settings import with_driver
from blueprints.organization.adapters.json_schema import SHIPPED, JsonSchemaCatalog
from blueprints.organization.adapters.sql.tables import catalog_tables, extensions, resource_tables
from tests.testbed import Testbed

VALUES = Table(
    "moved_values", MetaData(),
    Column("realm", String(20), primary_key=True), Column("num", Integer, primary_key=True, autoincrement=False),
    Column("big", BigInteger), Column("flag", Boolean), Column("real", Float(53)), Column("percent", Numeric(7, 4)),
    Column("day", Date), Column("at", Instant), Column("words", Text), Column("document", Json),
    Column("link", WebAddress(200)), Column("raw", LargeBinary))
NUMBERED = Table("moved_numbers", MetaData(), Column("id", Integer, primary_key=True, autoincrement=True),
                 Column("says", String(5)), sqlite_autoincrement=True)
NOTHING = dict.fromkeys(["big", "flag", "real", "percent", "day", "at", "words", "document", "link", "raw"])
ROWS = [
    NOTHING | {"realm": "a", "num": 1},
    {"realm": "a", "num": 2, "big": 2**62, "flag": True, "real": 0.1, "percent": Decimal("7.5000"),
     "day": date(2026, 1, 31), "words": "é象\n\t'\\", "at": parse_iso("2026-01-01T00:00:00.123Z"),
     "document": {"b": 1.0, "a": [1e5, "x", None]},
     "link": "https://a.example", "raw": b"\x00\xff"},
    {"realm": "B", "num": -3, "big": -(2**62), "flag": False, "real": 1e300, "percent": Decimal("-0.0001"), "words": "",
     "day": date(1, 1, 1), "at": parse_iso("0001-01-01T00:00:00Z"), "document": {"b": 1e300, "ä": 1e18, "c": -0.0},
     "link": "javascript:alert(1)", "raw": b""},
    NOTHING | {"realm": "ä-1", "num": 4, "at": parse_iso("9999-12-31T23:59:59.999Z"),
               "document": [{"z": 1, "a": 12.25}]},
    NOTHING | {"realm": "ä_1", "num": 4, "document": "a text alone", "real": 3.0},
]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def other(request: pytest.FixtureRequest, testbed: Testbed) -> Iterator[Connection]:
    """A connection to another, empty database."""
    with testbed.fresh_database() as url:
        engine = create_engine(with_driver(url) if request.param == "postgresql" else "sqlite://")
        with engine.connect() as connection:
            yield connection
        engine.dispose()


@pytest.fixture
def sides(testbed: Testbed, other: Connection) -> Iterator[tuple[Connection, Connection]]:
    """An empty SQLite database and the other one, each with the tables of this page."""
    with create_engine("sqlite://").connect() as here:
        for connection in (here, other):
            for table in (VALUES, NUMBERED):
                table.create(connection)
            connection.commit()
        yield here, other


def moved(source: Connection, target: Connection, table: Table) -> int:
    count = copy_rows(Side(source, table), Side(target, table), lambda rows: None)
    source.rollback()
    return count


def test_each_column_of_each_table_has_a_form_that_both_databases_take() -> None:
    kinds = JsonSchemaCatalog(SHIPPED).kinds.values()
    stores = [extensions.metadata, catalog_tables(None).metadata,
              *(resource_tables(kind, dialect).metadata for kind in kinds for dialect in ("sqlite", "postgresql"))]
    for metadata in [Base.metadata, *stores]:
        for table in metadata.tables.values():
            assert table.primary_key.columns, table
            assert all(portable_of(column) for column in table.columns)


def test_a_type_that_nobody_has_thought_of_is_refused() -> None:
    with pytest.raises(TypeError, match="nobody knows how to move"):
        portable_of(Column("span", Interval))


def test_every_kind_of_value_arrives_and_comes_back_as_it_was(sides: tuple[Connection, Connection]) -> None:
    here, there = sides
    here.execute(insert(VALUES), ROWS)
    here.commit()
    assert moved(here, there, VALUES) == len(ROWS)
    found = compare_rows(Side(here, VALUES), Side(there, VALUES))
    assert (found.rows, found.differences) == (len(ROWS), ())
    here.rollback()
    with create_engine("sqlite://").connect() as back:
        VALUES.create(back)
        back.commit()
        assert moved(there, back, VALUES) == len(ROWS)
        again = compare_rows(Side(there, VALUES), Side(back, VALUES))
        assert again == found


def test_what_differs_is_named_by_its_key(sides: tuple[Connection, Connection]) -> None:
    here, there = sides
    here.execute(insert(VALUES), ROWS)
    there.execute(insert(VALUES), [ROWS[0], ROWS[1] | {"document": {"b": 2}}, ROWS[3], ROWS[4] | {"num": 5}])
    there.commit()
    assert compare_rows(Side(here, VALUES), Side(there, VALUES)).differences == (
        "B/-3 is missing", "a/2 differs", "ä_1/4 is missing", "ä_1/5 is not in the source")


def test_a_copy_goes_on_behind_the_last_key_of_the_target(sides: tuple[Connection, Connection]) -> None:
    here, there = sides
    here.execute(insert(VALUES), [NOTHING | {"realm": realm, "num": num} for realm in "abB" for num in range(900)])
    here.commit()
    seen = list[int]()

    def cut_off(rows: int) -> None:
        seen.append(rows)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_rows(Side(here, VALUES), Side(there, VALUES), cut_off)
    here.rollback()
    assert seen == [ROWS_AT_ONCE]
    assert moved(here, there, VALUES) == 2700 - ROWS_AT_ONCE
    assert compare_rows(Side(here, VALUES), Side(there, VALUES)).differences == ()


def test_numbers_that_were_drawn_once_are_not_drawn_again(sides: tuple[Connection, Connection]) -> None:
    here, there = sides
    here.execute(insert(NUMBERED), [{"says": "a"}, {"says": "b"}, {"says": "gone"}])
    here.execute(NUMBERED.delete().where(NUMBERED.c.says == "gone"))
    here.commit()
    moved(here, there, NUMBERED)
    carry_sequence(Side(here, NUMBERED), Side(there, NUMBERED))
    drawn = there.execute(insert(NUMBERED).values(says="next").returning(NUMBERED.c.id)).scalar()
    assert drawn == 4


@pytest.mark.postgresql
@pytest.mark.parametrize("other", ["postgresql"], indirect=True)
def test_a_row_that_the_target_does_not_take_is_named(sides: tuple[Connection, Connection]) -> None:
    here, there = sides
    here.execute(insert(NUMBERED), [{"says": "short"}, {"says": "much too long"}])
    here.commit()
    with pytest.raises(CopyRefused, match="does not take the row 2 of moved_numbers: value too long") as refused:
        moved(here, there, NUMBERED)
    assert "much too" not in str(refused.value)

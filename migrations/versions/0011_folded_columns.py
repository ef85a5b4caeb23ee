"""What is searched in SQL stands beside it as it is compared: folded, and codes without their separators.

Filled with the running code's own fold (app/folding.py): a later change of it needs a migration that fills anew."""
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from app.data.columns import Json
from app.data.folded import searched_form
from app.folding import compact_all
from blueprints.marketplace.search_indexing.documents import derived

revision = "0011"
down_revision = "0010"

_AT_A_TIME = 500
# Table, new column, and the column it is made from.
_ADDED = (("marketplace_user", "folded_fullname", "fullname"), ("marketplace_user", "folded_address", "address"),
          ("network_user", "folded_fullname", "fullname"), ("marketplace_category", "folded_title", "title"),
          ("marketplace_subcategory", "folded_name", "name"), ("product_listing_product", "folded_title", "title"),
          ("marketplace_search_index", "words", "document"))
_JSON = ("address", "document")
_NAMED = ("legal_entities", "divisions")


def upgrade() -> None:
    for table, name, source in _ADDED:
        op.add_column(table, sa.Column(name, sa.Text(), nullable=True))
        _fill(table, name, source, _words_of if name == "words" else searched_form)
    for table in _NAMED:
        _fill(table, "folded_name", "name", searched_form)
    _fill_equipment(compact_all)


def downgrade() -> None:
    """The release before looks for parts of names that are case-folded and nothing more."""
    _fill_equipment(lambda names: "\n".join(names).casefold())
    for table in _NAMED:
        _fill(table, "folded_name", "name", str.casefold)
    for table, name, _ in reversed(_ADDED):
        op.drop_column(table, name)


def _words_of(document: dict[str, Any]) -> str | None:
    return derived(document)["words"]


def _fill(table: str, name: str, source: str, form: Callable[[Any], str | None]) -> None:
    for rows in _batches(table, source):
        _write(table, name, [(row.id, form(row[1])) for row in rows])


def _fill_equipment(form: Callable[[list[str]], str]) -> None:
    further = _table("equipment_names", "id", "equipment_id", "name")
    for rows in _batches("equipments", "name"):
        names = defaultdict(list, {row.id: [row.name] for row in rows})
        for row in op.get_bind().execute(sa.select(further.c.equipment_id, further.c.name).where(
                further.c.equipment_id.in_(list(names))).order_by(further.c.id)).all():
            names[row.equipment_id].append(row.name)
        _write("equipments", "folded_names", [(row.id, form(names[row.id])) for row in rows])


def _batches(table: str, source: str) -> Iterator[Sequence[Any]]:
    """Yield (id, source) of all rows, a batch at a time, in order of id."""
    which, after = _table(table, "id", source), ""
    while found := op.get_bind().execute(sa.select(which.c.id, which.c[source]).where(which.c.id > after)
                                         .order_by(which.c.id).limit(_AT_A_TIME)).all():
        yield found
        after = found[-1].id


def _write(table: str, name: str, values: list[tuple[str, str | None]]) -> None:
    which = _table(table, "id", name)
    op.get_bind().execute(sa.update(which).where(which.c.id == sa.bindparam("of")).values({name: sa.bindparam("form")}),
                          [{"of": id, "form": form} for id, form in values])


def _table(name: str, *columns: str) -> Any:
    return sa.table(name, *(sa.column(one, Json() if one in _JSON else sa.Text()) for one in columns))

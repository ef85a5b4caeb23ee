"""The base of every table: the declarative base, and the common columns of a data object (rules-platform §2.7)."""
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, class_mapper, mapped_column

from app.data.columns import boolean, identifier, instant, integer
from app.data.folded import keep_folded

NAMING = {"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s",
          "ck": "ck_%(table_name)s_%(constraint_name)s", "pk": "pk_%(table_name)s",
          "fk": "fk_%(table_name)s_%(column_0_N_name)s"}


class Base(DeclarativeBase):
    """The declarative base; tables that are no data objects (outbox, keys, deliveries) stand on it directly.

    A model whose rows are locked says `__lock_rank__`, its place in the order of locks (app/data/lock_order.py). One
    that is no data object says in `__changed_with__` which version keys whoever writes it invalidates: under these a
    large total is remembered that asks it (app/data/reads/lists.py)."""

    metadata = MetaData(naming_convention=NAMING)
    __lock_rank__: ClassVar[int | None] = None
    __changed_with__: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **values: Any) -> None:
        """Set these attributes; raises TypeError for what the class has not.

        SQLAlchemy's own constructor notes for each of a new row what it was before, at six times the cost."""
        model, row = type(self), vars(self)
        unheard = _unheard(model)
        for name, value in values.items():
            if name in unheard:
                row[name] = value
            elif hasattr(model, name):
                setattr(self, name, value)
            else:
                raise TypeError(f"{name!r} is no attribute of {model.__name__}")

    def __init_subclass__(cls, **options: Any) -> None:
        """Map the class, and let its rows keep their folded columns."""
        super().__init_subclass__(**options)
        if hasattr(cls, "__table__"):
            keep_folded(cls)


@cache
def _unheard(model: type[Base]) -> frozenset[str]:
    """Return the attributes of a model that are columns and that nothing listens to: setting them does nothing else."""
    return frozenset(attribute.key for attribute in class_mapper(model).column_attrs
                     if not getattr(model, attribute.key).dispatch.set)


db = SQLAlchemy(metadata=Base.metadata, disable_autonaming=True)


class Entity(Base):
    """A data object: its changes become dbevents and index events by the unit of work.

    Subclasses say `__service__` (contract name, e.g. "auctionOffer"), `__object__` (e.g. "auctionOfferBid"),
    `__realm__` (or a `realm` column; there is no default), `__owner__` (attribute that holds the owner, else the
    creator), `__in_common__` (staff keep these rows together, whoever made them), and `__duplicates__`: unique index
    name → (errCode, message) for the 400 a lost race answers with."""

    __abstract__ = True
    __service__: ClassVar[str]
    __object__: ClassVar[str]
    __realm__: ClassVar[str]
    __owner__: ClassVar[str | None] = None
    __in_common__: ClassVar[bool] = False
    __made__: ClassVar[Mapping[str, str]] = {}
    """What its query adds to a row that no column holds, by its kind (app/http/schemas.py): the documents show it."""
    __duplicates__: ClassVar[dict[str, tuple[str, str]]] = {}

    id: Mapped[str] = mapped_column(String(36), primary_key=True, info={"kind": "id", "hidden": False, "wire": None})
    is_active: Mapped[bool] = boolean(default=True)
    record_version: Mapped[int] = integer(required=True)
    created_at: Mapped[datetime] = instant(required=True)
    updated_at: Mapped[datetime] = instant(required=True)
    owner: Mapped[str | None] = identifier(wire="_owner")

    __mapper_args__ = {"version_id_col": record_version}  # an UPDATE names the version it was read with: no lost update

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse a data object that does not name its realm: its events would be sent to another product's users."""
        if not cls.__dict__.get("__abstract__") and not (hasattr(cls, "__realm__") or hasattr(cls, "realm")):
            raise TypeError(f"{cls.__name__} must name its realm: set __realm__, or give it a realm column")
        super().__init_subclass__(**options)

    @property
    def realm_of_row(self) -> str:
        """Return the realm this row belongs to."""
        return getattr(self, "realm", None) or self.__realm__

"""Who sees a row of a data object, as one expression; in_sql.py and in_python.py read it, so that both say the same.

Fields are named as on the wire; a hidden column has the name it would have there (docs/decisions/102)."""
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from sqlalchemy.orm import class_mapper

from app.actor import Actor
from app.data.columns import camel_case
from app.data.entity import Entity
from app.data.held import Viewer, viewer
from app.data.serialization import row_serializer
from app.data.visibility.sets import IdSet

Value = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Constant:
    """Holds always or never."""

    value: bool


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Holds for who is logged in."""


@dataclass(frozen=True, slots=True)
class Is:
    """The field has one of these values; None is among them where no value will do."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Me:
    """The field holds the caller's id."""

    field: str


@dataclass(frozen=True, slots=True)
class Member:
    """The field holds an id of the set."""

    field: str
    ids: IdSet


@dataclass(frozen=True, slots=True)
class Through:
    """The field holds the id of an object of this name in the same realm, which the caller sees by its own rule."""

    field: str
    object: str


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the parts holds."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All parts hold."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Expression"


Atom = Is | Me | Member | Through
"""What asks of one field of a row."""
Expression = Constant | SignedIn | Atom | AnyOf | AllOf | Not

EVERYONE, NOBODY = Constant(True), Constant(False)
signed_in = SignedIn()


def is_(field: str, *values: Value) -> Expression:
    """Return the rule that the field has one of these values; None stands for no value."""
    return Is(field, values)


def me(field: str) -> Expression:
    """Return the rule that the field holds the caller's id; it never holds for a visitor."""
    return Me(field)


def member(field: str, ids: IdSet) -> Expression:
    """Return the rule that the field holds an id of the set; no value is in no set."""
    return Member(field, ids)


def through(field: str, object: str) -> Expression:
    """Return the rule that the row this field points at is visible to the caller, by the rule of its own object."""
    return Through(field, object)


def any_of(*parts: Expression) -> Expression:
    """Return the rule that one of these holds."""
    return AnyOf(parts)


def all_of(*parts: Expression) -> Expression:
    """Return the rule that all of these hold."""
    return AllOf(parts)


def not_(part: Expression) -> Expression:
    """Return the rule that this does not hold: also where its field has no value."""
    return Not(part)


@dataclass(frozen=True, slots=True)
class Mask:
    """Fields that only those see for whom `seen_by` holds; `but` turns it round: all fields except these."""

    seen_by: Expression
    fields: tuple[str, ...] = ()
    but: tuple[str, ...] = ()

    def hides(self, field: str) -> bool:
        """Return whether the mask is about this field."""
        return field not in self.but if self.but else field in self.fields


def mask(seen_by: Expression, *fields: str) -> Mask:
    """Return the mask of these fields."""
    return Mask(seen_by, fields=fields)


def mask_all_but(seen_by: Expression, *fields: str) -> Mask:
    """Return the mask of all fields except these: a field that is added later is hidden until somebody decides."""
    return Mask(seen_by, but=fields)


def staff(actor: Actor) -> bool:
    """Staff see all rows: what a rule says unless its object says otherwise (decision 7)."""
    return actor.is_staff


def super_admin(actor: Actor) -> bool:
    """The superAdmin alone sees all rows, as everywhere in the network (rules-network G1)."""
    return actor.is_super_admin


def no_one(actor: Actor) -> bool:
    """Nobody sees more than the rule says: of what is each person's own."""
    return False


@dataclass(frozen=True, eq=False)
class Visibility:
    """Which active rows of a data object somebody sees, as its lists show them (FD-2), and what of them.

    `rule` is for who is not in `sees_all`; `there` holds for everybody, `sees_all` too. `sees_held` says as whom
    somebody looks at what moderation holds (app/data/held.py). Who sees all sees all fields."""

    model: type[Entity]
    rule: Expression
    masks: tuple[Mask, ...] = ()
    sees_all: Callable[[Actor], bool] = staff
    there: Expression = EVERYONE
    sees_held: Callable[[Actor], Viewer] = viewer

    def rule_for(self, actor: Actor, means: Mapping[Expression, Expression] = MappingProxyType({})) -> Expression:
        """Return what is asked of a row for this caller, `there` too, with what the caller alone decides decided.

        `means` says what parts of the rule mean of the rows that are asked about. Whoever comes from another realm sees
        nothing."""
        if getattr(self.model, "__realm__", actor.realm) != actor.realm:
            return NOBODY
        rule = self.there if self.sees_all(actor) else all_of(self.there, self.rule)
        return for_caller(_meant(rule, means) if means else rule, actor)

    def seen_fields(self, field: str, actor: Actor) -> Expression:
        """Return of which rows this caller sees the field."""
        if self.sees_all(actor):
            return EVERYONE
        return for_caller(all_of(*(one.seen_by for one in self.masks if one.hides(field))), actor)


def for_caller(expression: Expression, actor: Actor) -> Expression:
    """Return the expression with all that no row decides worked out for this caller: what is left asks of fields."""
    match expression:
        case SignedIn():
            return Constant(actor.user_id is not None)
        case Me() if actor.user_id is None:
            return NOBODY
        case Member(_, ids) if ids.is_empty_for(actor):
            return NOBODY
        case Not(part):
            found = for_caller(part, actor)
            return Constant(not found.value) if isinstance(found, Constant) else Not(found)
        case AnyOf(parts) | AllOf(parts):
            decides = isinstance(expression, AnyOf)
            found_parts = [for_caller(part, actor) for part in parts]
            if Constant(decides) in found_parts:
                return Constant(decides)
            left = tuple(part for part in found_parts if not isinstance(part, Constant))
            if len(left) < 2:
                return left[0] if left else Constant(not decides)
            return replace(expression, parts=left)
    return expression


def _meant(expression: Expression, means: Mapping[Expression, Expression]) -> Expression:
    """Return the expression with each part replaced that means something else."""
    if expression in means:
        return means[expression]
    match expression:
        case AnyOf(parts) | AllOf(parts):
            return replace(expression, parts=tuple(_meant(part, means) for part in parts))
        case Not(part):
            return Not(_meant(part, means))
    return expression


def atoms(expression: Expression) -> Iterator[Atom]:
    """Yield every part of an expression that asks of a field."""
    match expression:
        case AnyOf(parts) | AllOf(parts):
            for part in parts:
                yield from atoms(part)
        case Not(part):
            yield from atoms(part)
        case Is() | Me() | Member() | Through():
            yield expression


@cache
def attributes_of(model: type[Entity]) -> dict[str, str]:
    """Return wire name → attribute of all columns of a model, hidden ones too.

    `_owner` is asked of the attribute that holds the owner, where there is one: that has the index."""
    found = {attribute.columns[0].info.get("wire") or camel_case(attribute.key): attribute.key
             for attribute in class_mapper(model).column_attrs}
    return found | {"_owner": model.__owner__ or "owner"}


@cache
def owner_field(model: type[Entity]) -> str:
    """Return the field of a wire row that says whose it is: of the attribute that holds the owner, which SQL asks, too;
    `_owner` where no row shows that, or where there is none."""
    return next((field.name for field in row_serializer(model).fields if field.attribute == model.__owner__), "_owner")

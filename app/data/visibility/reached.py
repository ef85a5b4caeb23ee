"""The rows that a rule opens to the caller by himself: his own, those of his companies, of people he is connected with.

Each is found by an index of its field; what a rule opens to everybody is not among them."""
from collections.abc import Iterator

from sqlalchemy import select, union_all

from app.actor import Actor
from app.data.visibility.expressions import AllOf, AnyOf, Expression, Is, Me, Member, Visibility, all_of, for_caller
from app.data.visibility.in_sql import expression_in_sql
from app.data.visibility.sets import CallersIds, Condition


def reached_in_sql(visibility: Visibility, actor: Actor) -> Condition | None:
    """Return the condition of the rows that the rule opens because a field holds the caller's id or one of his sets of
    ids; of who sees all no more than the rule says. None where there are none of that kind.

    It says where to look, not what is seen: the whole condition is asked beside it (`visible_in_sql`)."""
    row = visibility.model.__table__.alias()
    # Only active ones are seen, and some indexes have no others.
    ways = [select(row.c.id).where(row.c.is_active.is_(True), expression_in_sql(way, visibility.model, actor, row))
            for way in _ways(for_caller(visibility.rule, actor))]
    found: Condition | None = visibility.model.id.in_(union_all(*ways)) if ways else None
    return found


def _ways(rule: Expression) -> Iterator[Expression]:
    """Yield the parts of a rule that an index answers, each with what is compared beside it."""
    match rule:
        case Me():
            yield rule
        case Member(_, CallersIds(condition=None)):
            yield rule
        case AnyOf(parts):
            for part in parts:
                yield from _ways(part)
        case AllOf(parts):
            compared = [part for part in parts if isinstance(part, Is)]
            ways = next((found for part in parts if (found := list(_ways(part)))), [])
            yield from (all_of(way, *compared) for way in ways)

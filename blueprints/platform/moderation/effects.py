"""What each kind of act does and how it is taken back: one table; holding.py and persons.py have most of its rows."""
from collections.abc import Callable
from dataclasses import dataclass

from app.data.unit_of_work import UnitOfWork
from blueprints.platform.moderation import holding
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.persons import ban, end_suspension, lift, suspend, suspend_again


@dataclass(frozen=True)
class Effect:
    """`apply` does the change and sets act.before and act.after; of an act with terms, act.after is those until then.

    `revert(work, act, force)` takes back only what this act did, and returns sentences of what cannot come back. It
    raises RuleViolated where somebody has changed the thing since, unless forced."""

    apply: Callable[[UnitOfWork, Act], None]
    revert: Callable[[UnitOfWork, Act, bool], list[str]]


def warn(work: UnitOfWork, act: Act) -> None:
    """A warning changes nothing but the record; the statement that is sent of every act says it."""


def take_back_warning(work: UnitOfWork, act: Act, force: bool) -> list[str]:
    """Nothing was changed that could be taken back."""
    return []


EFFECTS: dict[str, Effect] = {
    "WARN": Effect(warn, take_back_warning),
    "HIDE": Effect(holding.hide, holding.release),
    "REMOVE": Effect(holding.remove, holding.release),
    "SHOW_AGAIN": Effect(holding.show_again, holding.hold_again),
    "OVERRIDE_FEEDBACK": Effect(holding.override_feedback, holding.undo_override),
    "SUSPEND": Effect(suspend, end_suspension),
    "BAN": Effect(ban, end_suspension),
    "UNBAN": Effect(lift, suspend_again),
}

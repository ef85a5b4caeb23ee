"""What staff do to profiles by moderation: judge one, hide or remove it, show it again (moderation.md M-1, M-9)."""
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.data.moderated_kinds import Decide, Subject
from app.data.object_commands import hold_object, restore_object
from app.data.reads import find_any_row
from app.data.serialization import Wire
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import Forbidden
from blueprints.network.profile.briefs import invalidate_briefs
from blueprints.network.profile.models import Profile
from blueprints.network.profile.visibility import require_visible
from blueprints.platform.people.commands import refuse_gone

_LINES = ("fullName", "headline", "summary", "currentCompany", "industry", "location")
_LISTS = ("skills", "languages", "certifications", "experience", "education")


def profile_subject(actor: Actor, profile_id: str) -> Subject | None:
    """Return a profile as staff judge it; it concerns its owner. None where there is none.

    Who may not see it is no party to it, and does not report it."""
    row = find_any_row(Profile, profile_id)
    return None if row is None else Subject(
        row["fullName"], row["userId"], row, words=words_of(row), parties=_parties(actor, row), held=row["held"],
        is_active=row["isActive"])


def words_of(row: Wire) -> str:
    """Return every text of a profile that others read, a line each."""
    return "\n".join(_texts(row[name] for name in (*_LINES, *_LISTS)))


def hold_profile(work: UnitOfWork, profile_id: str, decide: Decide) -> list[str]:
    """Hold a profile, or let it go; raises NotFound."""
    invalidate_briefs(work)
    return hold_object(work, Profile, profile_id, decide)


def restore_profile(actor: Actor, profile_id: str) -> bool:
    """Bring a deleted profile back; returns whether it was gone.

    Raises NotFound, RuleViolated (PersonGone), DuplicateRecord (ProfileExists: its person has written another)."""
    with unit_of_work(actor) as work:
        refuse_gone(work, select(Profile.user_id).where(Profile.id == profile_id, Profile.is_active.is_(False)))
        was_gone = restore_object(actor, Profile, profile_id)
        invalidate_briefs(work)
        work.commit()
    return was_gone


def _parties(actor: Actor, row: Wire) -> frozenset[str] | None:
    try:
        require_visible(actor, row)
    except Forbidden:
        return frozenset()
    return None


def _texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            yield from _texts(value.values() if isinstance(value, dict) else value)

"""The writes of profiles and of the dictionaries (rules-network §6C).

What a profile shows of its person beside others' rows changes the people (`briefs.py`), not only the profile."""
from typing import Any, TypeVar

from app.actor import Actor
from app.data.object_commands import archive_object, insert_object
from app.data.unit_of_work import unit_of_work
from app.errors import NotFound
from app.identity.access import require_self
from blueprints.network.profile.briefs import invalidate_briefs
from blueprints.network.profile.models import Certification, Language, Profile
from blueprints.network.profile.rules import TERM_LISTS
from blueprints.network.profile.terms import keep_terms, spelled, term_key
from blueprints.platform.auth.lending import share_accounts
from blueprints.platform.people.queries import is_gone_for_good

Entry = TypeVar("Entry", Certification, Language)


def create_profile(actor: Actor, *, user_id: str | None = None, **values: Any) -> Profile:
    """Write one's own profile; superAdmin may name another person (NET-13).

    Raises Forbidden (another's), NotFound (no such person), DuplicateRecord (ProfileExists)."""
    owner_id = user_id or str(actor.user_id)
    require_self(actor, owner_id)
    with unit_of_work(actor) as work:
        # Whose end takes the profile with it, or comes first.
        if owner_id not in share_accounts(work, {owner_id}) or is_gone_for_good(actor.realm, owner_id):
            raise NotFound("User not found")
        profile = work.insert(Profile(user_id=owner_id, **spelled(work, values)))
        work.flush()  # the unique index has spoken before the terms
        keep_terms(work, profile)
        invalidate_briefs(work)
        work.commit()
    return profile


def change_profile(actor: Actor, profile_id: str, **values: Any) -> Profile:
    """Change one's own profile; its lists are set, added to or taken from (§0.2).

    Raises NotFound, Forbidden (another's), RuleViolated (TooManyValues)."""
    with unit_of_work(actor) as work:
        profile = work.lock(Profile, profile_id)
        require_self(actor, profile.user_id)
        shown = profile.headline, profile.profile_visibility
        said = spelled(work, values, profile)
        work.change(profile, **said)
        if said.keys() & set(TERM_LISTS.values()):
            keep_terms(work, profile)
        if shown != (profile.headline, profile.profile_visibility):
            invalidate_briefs(work)
        work.commit()
    return profile


def delete_profile(actor: Actor, profile_id: str) -> Profile:
    """Soft-delete one's own profile; another one may be written then. Raises NotFound, Forbidden (another's)."""
    with unit_of_work(actor) as work:
        profile = work.lock(Profile, profile_id)
        require_self(actor, profile.user_id)
        work.archive(profile)
        invalidate_briefs(work)
        work.commit()
    return profile


def withdraw_profile(actor: Actor, user_id: str, cause: str | None) -> None:
    """Delete the profile of somebody who does not come back (decision 093)."""
    with unit_of_work(actor, request_id=cause) as work:
        profile = work.find(Profile, Profile.user_id == user_id, Profile.is_active.is_(True), lock=True)
        if profile is not None:
            work.archive(profile)
            invalidate_briefs(work)
        work.commit()


def add_entry(actor: Actor, *, dictionary: type[Entry], name: str, id: str | None = None) -> Entry:
    """Add a name to a dictionary; raises DuplicateRecord when one that is compared as the same is there (NET-29)."""
    return insert_object(actor, dictionary(id=id, name=name, name_key=term_key(name)))


def keep_entry(actor: Actor, entry_id: str, *, dictionary: type[Entry]) -> Entry:
    """Return an entry unchanged: its name is constant, so there is nothing to change (P-14). Raises NotFound."""
    with unit_of_work(actor) as work:
        entry = work.get(dictionary, entry_id)
        work.commit()
    return entry


def remove_entry(actor: Actor, entry_id: str, *, dictionary: type[Entry]) -> Entry:
    """Take a name off a dictionary; profiles that name it keep it. Raises NotFound."""
    return archive_object(actor, dictionary, entry_id)


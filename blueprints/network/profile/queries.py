"""The reads of profiles and of the dictionaries (rules-network §6B, §6C)."""
from collections.abc import Iterable

from app.actor import Actor
from app.data.held import viewer
from app.data.reads import Listing, get_row, list_rows, rows_by_id
from app.data.reads.filters import Filters, contains
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.data.visibility import seen_by
from blueprints.network.networking.queries import degrees_from
from blueprints.network.profile.models import Certification, Language, Profile
from blueprints.network.profile.premium_queries import premium_among
from blueprints.network.profile.rules import CERTIFICATION, LANGUAGE, SKILL
from blueprints.network.profile.terms import has_term
from blueprints.network.profile.visibility import PROFILES, require_visible
from blueprints.platform.people.queries import not_hidden

PROFILE_FILTERS = Filters((
    contains(Profile.headline), contains(Profile.full_name), contains(Profile.current_company),
    contains(Profile.industry), contains(Profile.location),
    has_term(SKILL), has_term(LANGUAGE), has_term(CERTIFICATION)))
CERTIFICATION_FILTERS = Filters((contains(Certification.name),))
LANGUAGE_FILTERS = Filters((contains(Language.name),))

# By time and not by id: clients may choose the id (decision 4).
_PROFILES_OLDEST_FIRST = (Profile.created_at, Profile.id)
_ENTRIES_OLDEST_FIRST = {model: (model.created_at, model.id) for model in (Certification, Language)}


def get_profile(actor: Actor, asked: ReadRequest, profile_id: str) -> Wire:
    """Return a profile to whom it is for; raises NotFound, also of whoever rests or is blocked, Forbidden (private)."""
    row = get_row(Profile, profile_id, not_hidden(Profile.user_id, actor), viewer=viewer(actor))
    require_visible(actor, row)
    return with_relation(actor, asked, [row])[0]


def list_profiles(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the profiles that the actor sees, oldest first; their own also while it is hidden."""
    listing = list_rows(Profile, asked.page, *asked.where, *seen_by(PROFILES, actor), order=_PROFILES_OLDEST_FIRST,
                        viewer=viewer(actor))
    with_relation(actor, asked, listing.rows)
    return listing


def profiles_seen_by(actor: Actor, ids: Iterable[str]) -> dict[str, Wire]:
    """Return id → profile of those among the ids that the actor sees, in one statement: for joins."""
    return rows_by_id(Profile, ids, *seen_by(PROFILES, actor), viewer=viewer(actor))


def profiles_found(actor: Actor, asked: ReadRequest, ids: Iterable[str]) -> dict[str, Wire]:
    """Return the same as a list shows them: for search."""
    rows = profiles_seen_by(actor, ids)
    with_relation(actor, asked, list(rows.values()))
    return rows


def get_entry(actor: Actor, entry_id: str, *, dictionary: type[Certification] | type[Language]) -> Wire:
    """Return an entry of a dictionary; raises NotFound."""
    return get_row(dictionary, entry_id)


def list_entries(actor: Actor, asked: ReadRequest, *, dictionary: type[Certification] | type[Language]) -> Listing:
    """Return a page of a dictionary, oldest first."""
    return list_rows(dictionary, asked.page, *asked.where, order=_ENTRIES_OLDEST_FIRST[dictionary])


def with_relation(actor: Actor, asked: ReadRequest, rows: list[Wire]) -> list[Wire]:
    """Add to each row how its person stands to whoever looks: isPremium, degree (NET-32)."""
    if asked.joins and rows:
        people = [row["userId"] for row in rows]
        premium = premium_among(people)
        for row in rows:
            row["isPremium"] = row["userId"] in premium
        if not asked.local_only:
            degrees = degrees_from(str(actor.user_id), people)
            for row in rows:
                row["degree"] = degrees.get(row["userId"])
    return rows

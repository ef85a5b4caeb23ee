"""What `flask doctor` asks of profile: the terms that profiles are found by are those of their lists."""
from collections import defaultdict

from sqlalchemy import select

from app.data.batches import BATCH_ROWS
from app.data.reads import fetch
from app.ops.checks import MOST_NAMED, agreement
from blueprints.network.profile.models import Profile, ProfileTerm
from blueprints.network.profile.terms import terms_of


def differences(limit: int) -> list[str]:
    """Return the ids of profiles whose terms are not those of their lists, at most `limit`; every profile is read."""
    wrong: list[str] = []
    last = ""
    while len(wrong) < limit and (rows := fetch(
            select(Profile.id, Profile.skills, Profile.languages, Profile.certifications)
            .where(Profile.id > last).order_by(Profile.id).limit(BATCH_ROWS))):
        found: dict[str, set[tuple[str, str]]] = defaultdict(set)
        last = rows[-1].id
        for term in fetch(select(ProfileTerm.profile_id, ProfileTerm.kind, ProfileTerm.term_key).where(
                ProfileTerm.profile_id.between(rows[0].id, last))):
            found[term.profile_id].add((term.kind, term.term_key))
        wrong += [row.id for row in rows if found.pop(row.id, set()) != terms_of(
            row.skills, row.languages, row.certifications)]
        wrong += found
    return wrong[:limit]


def profile_terms() -> tuple[str, str]:
    """Return what the doctor says of the terms: ok or fail, and a sentence."""
    wrong = [f"profile {id} is not found by what stands in it" for id in differences(MOST_NAMED + 1)]
    return agreement(wrong, "profiles are found by the terms that stand in them")

"""What `flask doctor` asks of profile: the terms that profiles are found by are those of their lists."""
from collections import defaultdict

from sqlalchemy import delete, select

from app.data.batches import BATCH_ROWS
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork
from app.ops.findings import MOST_NAMED, agreement
from app.ops.mends import MOST_MENDED, mend_each
from blueprints.network.profile.models import Profile, ProfileTerm
from blueprints.network.profile.terms import keep_terms, terms_of


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


def mend_terms(operator: str) -> int:
    """Write the terms anew of the profiles whose terms are not those of their lists; returns how many."""
    return mend_each("network", operator, "terms of a profile", differences(MOST_MENDED), _write_anew)


def _write_anew(work: UnitOfWork, profile_id: str) -> None:
    if work.rows(select(Profile.id).where(Profile.id == profile_id)):
        keep_terms(work, work.lock(Profile, profile_id, archived_too=True))
    else:  # of a profile that is gone for good
        work.execute(delete(ProfileTerm).where(ProfileTerm.profile_id == profile_id)
                     .execution_options(synchronize_session=False))


def profile_terms() -> tuple[str, str]:
    """Return what the doctor says of the terms: ok or fail, and a sentence."""
    wrong = [f"profile {id} is not found by what stands in it" for id in differences(MOST_NAMED + 1)]
    return agreement(wrong, "profiles are found by the terms that stand in them")

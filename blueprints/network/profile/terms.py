"""Skills, languages and certifications of a profile: how they are spelled, and the terms it is found by (NET-29)."""
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from app.actor import Actor
from app.data.list_values import merged_list
from app.data.reads.filters import Condition, Filter
from app.plain_text import identifier_key
from blueprints.network.profile.models import KEY_LENGTH, Certification, Language, Profile, ProfileTerm
from blueprints.network.profile.rules import CERTIFICATION, LANGUAGE, MOST_TERMS, TERM_LISTS

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

_DICTIONARIES: Mapping[str, type[Certification] | type[Language]] = {CERTIFICATION: Certification, LANGUAGE: Language}


def term_key(text: str) -> str:
    """Return what a term or a name is compared by: NFKC and case folded, as everything that identifies."""
    return identifier_key(text)[:KEY_LENGTH]


def spelled(work: "UnitOfWork", values: Mapping[str, Any], former: Profile | None = None) -> dict[str, Any]:
    """Return what a profile is made of or changed to, each of its lists whole, without doubles, as it is spelled.

    Languages and certifications are spelled as in their dictionaries; one that is not there is taken as it is, and not
    added to them. `former` is the locked row. Raises RuleViolated (TooManyValues)."""
    made = dict(values)
    for kind, name in TERM_LISTS.items():
        made = _merged(made, name, getattr(former, name, None))
        if name in made:
            found = {term_key(term): term for term in reversed(made[name])}  # of doubles the first stays
            known = _spellings(work, kind, found)
            made[name] = list(dict.fromkeys(known.get(key, found[key]) for key in map(term_key, made[name])))
    return made


def keep_terms(work: "UnitOfWork", profile: Profile) -> None:
    """Let the terms of a profile be those of its lists, in the transaction that writes them."""
    wanted = terms_of(profile.skills, profile.languages, profile.certifications)
    rows = work.rows(select(ProfileTerm.kind, ProfileTerm.term_key).where(ProfileTerm.profile_id == profile.id))
    standing = {(row.kind, row.term_key) for row in rows}
    for kind in TERM_LISTS:
        if gone := [key for of, key in standing - wanted if of == kind]:
            work.execute(delete(ProfileTerm).where(ProfileTerm.profile_id == profile.id, ProfileTerm.kind == kind,
                                                   ProfileTerm.term_key.in_(gone))
                         .execution_options(synchronize_session=False))
    if more := wanted - standing:
        work.execute(insert(ProfileTerm).values(
            [{"profile_id": profile.id, "kind": kind, "term_key": key} for kind, key in sorted(more)]))


def forget_terms(actor: Actor, user_id: str, cause: str | None) -> None:
    """Remove the terms of the profiles of somebody who is gone for good, before the profiles go."""
    from app.data.unit_of_work import unit_of_work

    with unit_of_work(actor, request_id=cause) as work:
        work.execute(delete(ProfileTerm).where(ProfileTerm.profile_id.in_(
            select(Profile.id).where(Profile.user_id == user_id))).execution_options(synchronize_session=False))
        work.commit()


def terms_of(skills: Iterable[str], languages: Iterable[str],
             certifications: Iterable[str]) -> set[tuple[str, str]]:
    """Return the terms of three lists as (kind, key)."""
    lists = dict(zip(TERM_LISTS, (skills, languages, certifications), strict=True))
    return {(kind, term_key(term)) for kind, terms in lists.items() for term in terms}


def has_term(kind: str) -> Filter:
    """Return the filter of profiles that name a term of this kind; of several values any is enough."""
    def clause(keys: Sequence[str]) -> Condition:
        return Profile.id.in_(select(ProfileTerm.profile_id).where(
            ProfileTerm.kind == kind, ProfileTerm.term_key.in_(keys)))

    return Filter(kind, _key, clause, "string", takes_null=False)


def _key(text: str) -> str:
    if "\x00" in text:
        raise ValueError("expected text without NUL")
    return term_key(text)


def _merged(values: Mapping[str, Any], name: str, former: Sequence[str] | None) -> dict[str, Any]:
    """Return the values with the whole new list; what is taken out is compared as terms are."""
    said = dict(values)
    if gone := said.get(f"{name}_remove"):
        keys = set(map(term_key, gone))
        said[f"{name}_remove"] = [*gone, *(term for term in former or () if term_key(term) in keys)]
    return merged_list(said, name, former, most=MOST_TERMS)


def _spellings(work: "UnitOfWork", kind: str, keys: Iterable[str]) -> dict[str, str]:
    """Return key → name of those that the dictionary of this kind knows; skills have none."""
    dictionary = _DICTIONARIES.get(kind)
    wanted = list(keys)
    if dictionary is None or not wanted:
        return {}
    rows = work.rows(select(dictionary.name_key, dictionary.name).where(
        dictionary.name_key.in_(wanted), dictionary.is_active.is_(True)))
    return {row.name_key: row.name for row in rows}

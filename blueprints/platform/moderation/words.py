"""The list of words that open a case where they are written (M-30). A hit opens a case for staff to judge; it never
acts."""
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import delete, func, or_, select

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.data.ids import uuid7
from app.data.list_cache import CacheVersions, VersionedCache
from app.data.moderated_kinds import Subject
from app.data.reads import Listing, Page, fetch, fetch_one, list_query
from app.data.reads.keyset import row_order
from app.data.serialization import Wire
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.upserts import upsert
from app.errors import DuplicateRecord, InvalidInput, NotFound, RuleViolated
from app.runtime import runtime
from app.settings import REALM_CODENAMES
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.case_file_models import CaseNote
from blueprints.platform.moderation.cases import open_case
from blueprints.platform.moderation.catalogue_models import Word
from blueprints.platform.moderation.matching import Automaton, compiled, matches, pattern_of
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.moderators import require_moderator
from blueprints.platform.moderation.rules import NOBODY, REASON_WEIGHTS
from blueprints.platform.moderation.subjects import find_subject

MOST_WORDS = 5_000
"""How long the list of a realm may be; two who add at once may pass it by one."""
LONGEST_PATTERN = 255

_VERSION = "moderation:words"
_MOST_NAMED = 20
_IN_ORDER = row_order(Word.folded, Word.id)


@dataclass(frozen=True)
class Hit:
    """A word of the list that stands in a text: as it was added, and for what reason it opens a case."""

    phrase: str
    reason: str


@dataclass(frozen=True)
class _List:
    """The words of a realm, ready to be looked for."""

    automaton: Automaton
    hits: list[Hit]


def add_word(actor: Actor, *, phrase: str, reason: str) -> Wire:
    """Add a word, a phrase, or a beginning with `*` at its end; `reason` is one of REASONS.

    Raises Forbidden (not staff), InvalidInput (no word in it, or `*` elsewhere), RuleViolated (TooManyWords),
    DuplicateRecord (WordExists: one that is compared as the same)."""
    require_moderator(actor)
    pattern = _pattern(phrase)
    row = {"id": uuid7(), "realm": actor.realm, "phrase": phrase, "folded": pattern, "reason": reason,
           "added_by": actor.user_id or NOBODY, "added_at": now()}
    with unit_of_work(actor) as work:
        if work.rows(select(func.count()).where(Word.realm == actor.realm))[0][0] >= MOST_WORDS:
            raise RuleViolated("TooManyWords", f"The list holds {MOST_WORDS} words at most")
        added = work.execute(upsert(Word).values(row).on_conflict_do_nothing(
            index_elements=(Word.realm, Word.folded)).returning(Word.id))
        if added.first() is None:
            raise DuplicateRecord("WordExists", "The list has this word already")
        _changed(work, "word.added", phrase, reason)
        work.commit()
    return _wire(Word(**row))


def remove_word(actor: Actor, word_id: str) -> Wire:
    """Take a word off the list; the cases that it opened stay. Raises Forbidden (not staff), NotFound."""
    require_moderator(actor)
    with unit_of_work(actor) as work:
        word = work.first(select(Word).where(Word.id == word_id, Word.realm == actor.realm))
        if word is None:
            raise NotFound
        work.execute(delete(Word).where(Word.id == word_id))
        _changed(work, "word.removed", word.phrase, word.reason)
        work.commit()
    return _wire(word)


def list_words(actor: Actor, page: Page) -> Listing:
    """Return a page of the realm's words in the order they are compared in."""
    query = select(*Word.__table__.columns).where(Word.realm == actor.realm)
    return list_query(query, _IN_ORDER, page, _wire)


def find_words(realm: str, *texts: str) -> list[Hit]:
    """Return which words of the list stand in the texts; `flask moderate words test` shows it.

    The automaton is built once for each version of the list, in each process."""
    words = _cached(runtime().cache_versions).get_or_make(realm, (_VERSION,), lambda: _read(realm))
    return [words.hits[number] for number in matches(words.automaton, texts)]


def look_into(actor: Actor, entity_type: str, entity_id: str, written: Iterable[str], written_at: datetime) -> bool:
    """Open a case of kind WORDS where what was written holds a word of the list; returns whether one was opened.

    Nothing is asked of the database unless it does. None is opened while a case of the thing waits, nor a second one
    for the same writing; nor of what is held, gone, or no longer has the word."""
    if not find_words(actor.realm, *written):
        return False
    subject = _read_thing(actor, entity_type, entity_id)
    hits = find_words(actor.realm, subject.words) if subject else []
    if not hits or _has_case(actor.realm, entity_type, entity_id, written_at):
        return False
    with unit_of_work(actor) as work:
        opened = open_case(work, kind="WORDS", entity_type=entity_type, entity_id=entity_id, subject=subject,
                           worst=worst(hits))
        phrases = ", ".join(f"“{hit.phrase}” ({hit.reason})" for hit in hits[:_MOST_NAMED])
        work.insert(CaseNote(id=uuid7(), realm=actor.realm, case_id=opened.id, kind="NOTE", author_id=NOBODY,
                             written_at=now(), text=f"Words of the list: {phrases}"))
        work.commit()
    return True


def worst(hits: Iterable[Hit]) -> int:
    """Return the weight of the worst reason among hits, as a report with it would weigh (M-21)."""
    return max(REASON_WEIGHTS[hit.reason] for hit in hits)


def _read_thing(actor: Actor, entity_type: str, entity_id: str) -> Subject | None:
    subject = find_subject(actor, entity_type, entity_id)
    return subject if subject is not None and subject.is_active and subject.held is None else None


def _has_case(realm: str, entity_type: str, entity_id: str, since: datetime) -> bool:
    return fetch_one(select(Case.id).where(
        Case.realm == realm, Case.entity_type == entity_type, Case.entity_id == entity_id, Case.kind != "APPEAL",
        or_(Case.is_pending.is_(True), Case.opened_at >= since))) is not None


@cache
def _cached(versions: CacheVersions) -> VersionedCache:
    return VersionedCache(versions, len(REALM_CODENAMES))


def _read(realm: str) -> _List:
    rows = fetch(select(Word.folded, Word.phrase, Word.reason).where(Word.realm == realm).order_by(Word.folded))
    return _List(compiled([row.folded for row in rows]), [Hit(row.phrase, row.reason) for row in rows])


def _pattern(phrase: str) -> str:
    try:
        pattern = pattern_of(phrase)
    except ValueError as error:
        raise InvalidInput("errMsg_WordIsNotValid", detail={"phrase": str(error)}) from None
    if len(pattern) > LONGEST_PATTERN:
        raise InvalidInput("errMsg_WordIsNotValid", detail={"phrase": "is too long in the form it is compared in"})
    return pattern


def _changed(work: UnitOfWork, what: str, phrase: str, reason: str) -> None:
    audit.note(work, what, phrase=phrase, reason=reason)
    work.invalidate(_VERSION)


def _wire(word: Any) -> Wire:
    return {"id": word.id, "phrase": word.phrase, "reason": word.reason, "addedBy": word.added_by,
            "addedAt": iso(word.added_at)}

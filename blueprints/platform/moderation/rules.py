"""The words and numbers of moderation, and what follows from them alone (moderation.md)."""
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

ENTITY_TYPES = ("USER", "PRODUCT", "FEEDBACK", "MEDIA", "CATEGORY", "NOTIFICATION", "ORDER", "SEARCHINDEX",
                "MESSAGE", "POST", "COMMENT", "COMPANY", "JOB", "PROFILE", "INVITATION")
"""What reports, cases and acts speak of: the contract's eight, then ours."""
REASONS = ("SPAM", "FRAUD", "COUNTERFEIT", "PROHIBITED", "HARASSMENT", "HATE", "SEXUAL", "PRIVACY", "OTHER")
REASON_WEIGHTS = {"OTHER": 10, "SPAM": 30, "PRIVACY": 60, "COUNTERFEIT": 70, "HARASSMENT": 75, "SEXUAL": 80,
                  "PROHIBITED": 85, "FRAUD": 90, "HATE": 100}
"""How bad a reason is, 10 to 100 (M-21)."""
REPORT_STATES = ("OPEN", "UPHELD", "DECLINED")
CASE_KINDS = ("REPORT", "ORDER", "APPEAL", "WORDS", "OWN")
"""Why a case was opened: somebody reported it, a suspended seller's order waits (M-8), a strike is appealed, our words
matched (M-30), or staff acted of their own accord (M-17)."""
CASE_STATES = ("OPEN", "ASSIGNED", "RESOLVED", "DISMISSED")
ACT_KINDS = ("WARN", "HIDE", "REMOVE", "SHOW_AGAIN", "SUSPEND", "BAN", "UNBAN", "OVERRIDE_FEEDBACK")
ACT_STATES = ("STANDING", "UNDONE", "LAPSED")
ACTS_ON_PEOPLE = frozenset({"SUSPEND", "BAN", "UNBAN"})
"""What is done to an account; WARN is said to whomever the thing concerns; everything else is done to the thing."""
OUTDONE_BY = {"SUSPEND": ("UNBAN",), "BAN": ("UNBAN",), "UNBAN": ("SUSPEND", "BAN"), "SHOW_AGAIN": ("HIDE", "REMOVE")}
"""Which later acts end what an act did, though it stands: the same again is no repetition then."""
HEAVINESS = {"SHOW_AGAIN": 0, "UNBAN": 0, "WARN": 1, "OVERRIDE_FEEDBACK": 2, "HIDE": 3, "REMOVE": 4, "SUSPEND": 5,
             "BAN": 6}
"""Which of several acts is the heaviest; 0 makes no strike, nor does OVERRIDE_FEEDBACK unless asked to (M-15)."""
APPEALED_ALONE = frozenset({"SUSPEND", "BAN"})
"""What can be appealed against though it left no strike: whoever is suspended can appeal (M-10)."""
SCOPES = ("SELLING", "BUYING")
"""What a suspension can be limited to; without one it is from everything, login included."""
STRIKE_STATES = ("ACTIVE", "REVOKED", "LAPSED")
"""LAPSED is what an ACTIVE one says once its time is over; it is never written."""
APPEAL_STATES = ("OPEN", "GRANTED", "DENIED")

LADDER = ((0, "WARN", None), (1, "HIDE", None), (2, "SUSPEND", 7), (3, "SUSPEND", 30), (4, "BAN", None))
"""(active strikes, kind, days): what is proposed from so many on, where a realm has written no ladder (M-16)."""

CLAIM_HOURS = 24
"""How long a case stays with who took it and did nothing."""
STRIKE_DAYS = 180
"""When a strike lapses (decision 30)."""
LASTING = frozenset({"HIDE", "REMOVE", "BAN"})
"""What is not done twice while it stands; the same of another kind is a repetition for CLAIM_HOURS only."""
FEW_DECLINED = 3
"""So many declined reports, and more than twice as many as were upheld, make a reporter's word weigh half (M-32)."""
LIGHTEST = 10
MOST_MUTED_DAYS = 3_650
"""For how long no reports of somebody are taken at most: ten years."""
NOBODY = "00000000-0000-0000-0000-000000000000"
"""Who acted when it was no account: a machine, or an operator who named no member of staff."""


def priority(worst: int, reports: int, active_strikes: int) -> int:
    """Return how early a case comes up: worst reason + 5·min(reports−1, 10) + 10·active strikes of the person (M-21).

    `worst` is the greatest weight among the reports, 10 to 100."""
    return worst + 5 * min(max(reports - 1, 0), 10) + 10 * active_strikes


def number_in(text: str, prefix: str = "") -> int | None:
    """Return the number that people write as `142`, or `a57` with its prefix; None when it is none (M-29)."""
    digits = text.lower().removeprefix(prefix)
    is_number = digits.isascii() and digits.isdecimal() and len(digits) < 10
    return int(digits) if is_number else None


def weight(reason: str, upheld: int, declined: int) -> int:
    """Return what a report weighs, 10 to 100: half for whose reports are often declined (M-21, M-32).

    `upheld` and `declined` are how the reporter's former reports ended."""
    often_declined = declined >= FEW_DECLINED and declined > 2 * upheld
    return max(REASON_WEIGHTS[reason] // 2, LIGHTEST) if often_declined else REASON_WEIGHTS[reason]


def is_claimed(taken_at: datetime | None, moment: datetime) -> bool:
    """Return whether a case taken at that time is still with who took it."""
    return taken_at is not None and moment < taken_at + timedelta(hours=CLAIM_HOURS)


def is_repeated(kind: str, done_at: datetime, moment: datetime) -> bool:
    """Return whether the same act again, without a case, is the one that stands."""
    return kind in LASTING or moment < done_at + timedelta(hours=CLAIM_HOURS)


LETTER_STAYS = "The letter that was sent stays sent."
SESSIONS_STAY = "The sessions that it ended stay ended."


def traces_of(kind: str, scope: str | None, person_id: str | None) -> list[str]:
    """Return what no undo of an act takes back, whatever became of its thing, as sentences."""
    letter = [LETTER_STAYS] if person_id is not None else []
    return [*letter, SESSIONS_STAY] if kind == "BAN" or (kind == "SUSPEND" and scope is None) else letter


def heaviest(kinds: Collection[str]) -> str:
    """Return the heaviest of one or more kinds of acts (M-15)."""
    return max(kinds, key=lambda kind: HEAVINESS[kind])


def appeal_name(strike_number: int | None, act_number: int | None) -> str:
    """Return what an appeal is against, as people say it: s9, or a57 where no strike was left."""
    return f"a{act_number}" if strike_number is None else f"s{strike_number}"


def makes_strike(kinds: Collection[str], asked: bool | None) -> bool:
    """Return whether acts in one case leave a strike: `asked` decides, else every act does that burdens somebody.

    Overriding a feedback does only when asked to (M-15)."""
    burdens = [kind for kind in kinds if HEAVINESS[kind] > 0]
    return bool(burdens) and (asked if asked is not None else any(kind != "OVERRIDE_FEEDBACK" for kind in burdens))


class Suspension(NamedTuple):
    """One act that suspends or bans; `scope` None: from everything. A ban ends at a moment that no clock reaches."""

    act_id: str
    is_ban: bool
    end: datetime
    scope: str | None


class SuspensionEnds(NamedTuple):
    """Until when somebody is suspended: from everything (by which act), from selling, from buying."""

    of_all: datetime | None
    by: str | None
    of_selling: datetime | None
    of_buying: datetime | None


def ends_of(suspensions: Iterable[Suspension], now: datetime) -> SuspensionEnds:
    """Return until when somebody is suspended by acts that stand: the latest end of each scope (M-2)."""
    running = sorted((one for one in suspensions if one.end > now), key=lambda one: (one.end, one.act_id))
    last = {one.scope: one for one in running}
    of_all = last.get(None)
    selling, buying = (last[scope].end if scope in last else None for scope in SCOPES)
    return SuspensionEnds(of_all.end if of_all else None, of_all.act_id if of_all else None, selling, buying)

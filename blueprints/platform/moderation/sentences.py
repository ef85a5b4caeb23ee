"""What moderation says to people, as sentences made of facts alone: pure text, no reporter's name, nobody's address.

A title is the words of whoever wrote it; app.plain_text.unlinked makes it one line without links before it comes
here."""
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from blueprints.platform.moderation.rules import HEAVINESS

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")
_THINGS = {"USER": "account", "PRODUCT": "listing", "FEEDBACK": "feedback", "MEDIA": "picture",
           "CATEGORY": "category", "NOTIFICATION": "notification", "ORDER": "order", "SEARCHINDEX": "search entry",
           "MESSAGE": "message", "POST": "post", "COMMENT": "comment", "COMPANY": "company page", "JOB": "job",
           "PROFILE": "profile", "INVITATION": "invitation"}
PUBLIC_TITLES = frozenset({"PRODUCT", "CATEGORY", "COMPANY", "JOB"})
"""What a title may be said of to others than its person: it is there for everybody to read."""
_EFFECTS = {
    "WARN": "This is a warning about {thing}. Nothing else follows from it.",
    "HIDE": "{Thing} is hidden from everybody but you{until}.",
    "REMOVE": "{Thing} is removed{until} and can be seen by nobody.",
    "SHOW_AGAIN": "{Thing} can be seen again.",
    "OVERRIDE_FEEDBACK": "{Thing} was corrected by our staff.",
    "SUSPEND": "Your account is suspended{until}: you cannot log in, and nothing you offer can be seen or bought.",
    "SUSPEND SELLING": "You cannot sell{until}: nothing you offer can be seen or bought. You can still log in and buy.",
    "SUSPEND BUYING": "You cannot buy or bid{until}. You can still log in and sell.",
    "BAN": "Your account is closed for good: you cannot log in, nothing you offer can be seen, and your bids are taken "
           "back.",
    "UNBAN": "Your account is open again.",
}
_SHORT = {"WARN": "You were warned", "HIDE": "Your {thing} was hidden", "REMOVE": "Your {thing} was removed",
          "SHOW_AGAIN": "Your {thing} can be seen again", "OVERRIDE_FEEDBACK": "Your {thing} was corrected",
          "SUSPEND": "Your account is suspended", "BAN": "Your account is closed",
          "UNBAN": "Your account is open again"}
_SCOPED = {"SELLING": "You cannot sell for some time", "BUYING": "You cannot buy for some time"}
_ENDING = frozenset({"HIDE", "REMOVE"})
"""What stands until it is taken back when it has no end."""


@dataclass(frozen=True)
class Measure:
    """One act as its person is told of it; `until` None is without an end, `scope` SELLING or BUYING or None."""

    kind: str
    entity_type: str
    title: str = ""
    until: datetime | None = None
    scope: str | None = None


def spoken_moment(moment: datetime) -> str:
    """Return a moment as people write it: 28 November 2026, 14:05 UTC."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M} UTC"


def thing_named(entity_type: str, title: str = "") -> str:
    """Return what a thing is called: listing “Rolex”."""
    thing = _THINGS[entity_type]
    return f"{thing} “{title}”" if title and entity_type != "USER" else thing


def effect_of(measure: Measure) -> str:
    """Return what an act does, and until when."""
    until = f" until {spoken_moment(measure.until)}" if measure.until else ""
    if not until and measure.kind in _ENDING:
        until = " until further notice"
    thing = f"your {thing_named(measure.entity_type, measure.title)}"
    kind = f"{measure.kind} {measure.scope}" if measure.scope else measure.kind
    return _EFFECTS[kind].format(thing=thing, Thing=thing[0].upper() + thing[1:], until=until)


def summary_of(measures: Sequence[Measure]) -> str:
    """Return the heaviest of one or more acts in a few words, for a subject and a notice."""
    heaviest = max(measures, key=lambda measure: HEAVINESS[measure.kind])
    if heaviest.scope:
        return _SCOPED[heaviest.scope]
    return _SHORT[heaviest.kind].format(thing=_THINGS[heaviest.entity_type])


def origin_of(case_kind: str, *, was_reported: bool, by_machine: bool) -> str:
    """Return who drew attention to it and who decided: never a name (M-20, M-31)."""
    if was_reported:
        noticed = "Somebody reported this to us"
    elif case_kind == "WORDS":
        noticed = "An automatic search for words drew our attention to this"
    else:
        noticed = "We looked at this of our own accord"
    return f"{noticed}. {'An automatic check' if by_machine else 'A member of our staff'} decided."


def outcome_of(upheld: bool) -> str:
    """Return what a reporter is told in the end (M-32)."""
    return ("We looked at what you reported and acted on it. Thank you for helping to keep this place clean." if upheld
            else "We looked at what you reported and found nothing in it that is against our rules.")


RECEIPT = "Thank you for your report. A member of our staff looks at it; you will hear from us."

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
    "SUSPEND": "Your account is suspended{until}: you cannot log in, and others do not see you here.",
    "SUSPEND SELLING": "You cannot sell{until}: nothing you offer can be seen or bought. You can still log in and buy.",
    "SUSPEND BUYING": "You cannot buy or bid{until}. You can still log in and sell.",
    "BAN": "Your account is closed for good: you cannot log in, and others do not see you here.",
    "UNBAN": "Your account is open again.",
}
_EFFECTS_IN = {"marketplace": {
    "SUSPEND": "Your account is suspended{until}: you cannot log in, and nothing you offer can be seen or bought.",
    "BAN": "Your account is closed for good: you cannot log in, nothing you offer can be seen, and your bids are taken "
           "back.",
}}
"""What an act does to people where they trade; in other realms it is as above."""
_SHORT = {"WARN": "You were warned", "HIDE": "Your {thing} was hidden", "REMOVE": "Your {thing} was removed",
          "SHOW_AGAIN": "Your {thing} can be seen again", "OVERRIDE_FEEDBACK": "Your {thing} was corrected",
          "SUSPEND": "Your account is suspended", "BAN": "Your account is closed",
          "UNBAN": "Your account is open again"}
_MANY = {"HIDE": ("{Things} are hidden from everybody but you{until}", "{Things} were hidden"),
         "REMOVE": ("{Things} are removed{until} and can be seen by nobody", "{Things} were removed"),
         "SHOW_AGAIN": ("{Things} can be seen again", "{Things} can be seen again")}
"""What a bulk does to several things of one person, in whole and in a few words."""
MOST_NAMED = 100
"""How many things a letter names; of more it says how many there are."""
_SCOPED = {"SELLING": "You cannot sell for some time", "BUYING": "You cannot buy for some time"}
_ENDING = frozenset({"HIDE", "REMOVE"})
"""What stands until it is taken back when it has no end."""


@dataclass(frozen=True)
class Measure:
    """One act as its person is told of it; `until` None is without an end, `scope` SELLING or BUYING or None."""

    realm: str
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
    until = _until(measure.until, measure.kind)
    thing = f"your {thing_named(measure.entity_type, measure.title)}"
    kind = f"{measure.kind} {measure.scope}" if measure.scope else measure.kind
    sentence = _EFFECTS_IN.get(measure.realm, {}).get(kind, _EFFECTS[kind])
    return sentence.format(thing=thing, Thing=thing[0].upper() + thing[1:], until=until)


def _until(end: datetime | None, kind: str) -> str:
    if end is not None:
        return f" until {spoken_moment(end)}"
    return " until further notice" if kind in _ENDING else ""


def _many(measures: Sequence[Measure]) -> str:
    thing = _THINGS[measures[0].entity_type]
    return f"{len(measures)} of your {thing[:-1] + 'ies' if thing.endswith('y') else thing + 's'}"


def summary_of(measures: Sequence[Measure]) -> str:
    """Return the heaviest of one or more acts in a few words, for a subject and a notice."""
    heaviest = max(measures, key=lambda measure: HEAVINESS[measure.kind])
    if heaviest.scope:
        return _SCOPED[heaviest.scope]
    return _SHORT[heaviest.kind].format(thing=_THINGS[heaviest.entity_type])


def effect_on_all(measures: Sequence[Measure]) -> str:
    """Return what one bulk did to one or more things of a person, each by its title, the first MOST_NAMED of them."""
    if len(measures) == 1:
        return effect_of(measures[0])
    kind, until = measures[0].kind, max((measure.until for measure in measures if measure.until), default=None)
    sentence = _MANY[kind][0].format(Things=_many(measures), until=_until(until, kind))
    titles = [measure.title for measure in measures[:MOST_NAMED] if measure.title]
    if not titles:
        return f"{sentence}."
    more = len(measures) - len(titles)
    named = [f"“{title}”" for title in titles] + ([f"and {more} more"] if more else [])
    return "\n- ".join([f"{sentence}:", *named])


def summary_of_all(measures: Sequence[Measure]) -> str:
    """Return the same in a few words, for a subject."""
    if len(measures) == 1:
        return summary_of(measures)
    return _MANY[measures[0].kind][1].format(Things=_many(measures))


def cases_named(numbers: Sequence[int]) -> str:
    """Return cases as people say them: case 12, cases 12 to 14, cases 12 to 14 and 20."""
    spans: list[list[int]] = []
    for number in sorted(set(numbers)):
        if spans and number == spans[-1][-1] + 1:
            spans[-1][1:] = [number]
        else:
            spans.append([number])
    said = [" to ".join(map(str, span)) for span in spans]
    if len(said) == 1:
        return f"case{'s' if len(spans[0]) > 1 else ''} {said[0]}"
    return f"cases {', '.join(said[:-1])} and {said[-1]}"


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

"""What goes outward of the log: who has chosen which events, and what each is told (front-door.md FD-7, FD-13, FD-14).

Streams, webhooks and their lists of events ask here, so that none can tell more than another."""
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.actor import Actor
from app.data.columns import iso
from app.data.entity import Entity
from app.data.held import REMOVED
from app.data.ids import canonical_uuid
from app.data.serialization import Wire
from app.data.visibility import (
    Facts,
    ReadObject,
    attributes_of,
    each_shown,
    each_visible,
    facts_by_id,
    read_objects,
    those_visible,
)
from app.errors import InvalidInput
from app.events.log import LoggedEvent
from app.events.topics import db_topic

MOST_TOPICS = 50
VERBS = ("created", "updated", "deleted")
Key = tuple[str, str, str | None]
"""Object, verb and id; None for every id."""
_Wanted = tuple[Actor, int, LoggedEvent]
"""Who has chosen which event, and its place among those that are judged together."""
_NEVER = "sessionId"
_SHOWN = 200
"""How much of a wrong topic a refusal repeats."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Events of one data object: of some verbs, of one row or of all."""

    object_name: str
    verbs: tuple[str, ...]
    object_id: str | None = None

    @property
    def keys(self) -> Iterator[Key]:
        """Yield by what its events are found."""
        return ((self.object_name, verb, self.object_id) for verb in self.verbs)


@dataclass(frozen=True, slots=True)
class Selection:
    """The events that somebody has chosen by their topics (FD-14)."""

    realm: str
    names: tuple[str, ...]
    chosen: tuple[Chosen, ...]
    keys: frozenset[Key]

    @staticmethod
    def of(realm: str, names: Sequence[str], actor: Actor) -> "Selection":
        """Return what these topics choose: names of dbevents, `topic:id`, `object/id`; 50 at most.

        Raises InvalidInput, which names the first topic that is wrong: an unknown one, one that this
        actor may not read, and the id of a row that is not there for him are refused by the same words."""
        selection = Selection.stored(realm, names)
        for name, one in zip(selection.names, selection.chosen, strict=True):
            if not _may_ask(read_objects().get(realm, one.object_name), one, actor):
                raise _unknown(name)
        hidden = _hidden_among(selection, actor)
        if hidden is not None:
            raise _unknown(hidden)
        return selection

    @staticmethod
    def stored(realm: str, names: Sequence[str]) -> "Selection":
        """Return the same of topics that were accepted before: nobody's rights are asked, `outward` asks them at each
        event. Raises InvalidInput for names that lead nowhere."""
        wanted = tuple(dict.fromkeys(names))
        if not wanted:
            raise InvalidInput("topics: name at least one topic", detail={"topics": "at least one topic"})
        if len(wanted) > MOST_TOPICS:
            said = f"at most {MOST_TOPICS} topics"
            raise InvalidInput(f"topics: {said}", detail={"topics": said})
        topics, chosen = _topics_of(realm), []
        for name in wanted:
            one = _read(realm, topics, name)
            if one is None:
                raise _unknown(name)
            chosen.append(one)
        return Selection(realm, wanted, tuple(chosen), frozenset(key for one in chosen for key in one.keys))

    def has(self, event: LoggedEvent) -> bool:
        """Return whether the event is among them; rights are not asked."""
        return event.realm == self.realm and not self.keys.isdisjoint(keys_of(event))


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is told, as he is now, and of what: a stream, or an endpoint of a webhook."""

    actor: Actor
    selection: Selection


@dataclass(frozen=True, slots=True)
class OutwardEvent:
    """What one receiver is told of an event: `kind` is the verb, or `gone`, which has no row.

    `row` is the row as of the event without what is masked, of a deleted one its id alone; `old` are the former values
    of what an update changed, for staff alone."""

    position: int
    event_id: str
    topic: str
    kind: Literal["created", "updated", "deleted", "gone"]
    object_name: str
    object_id: str
    at: str
    row: Wire | None = None
    old: Wire | None = None

    @property
    def body(self) -> Wire:
        """What the receiver reads: `{type, timestamp, data}`, of an update for staff `old` as well.

        What he saw and sees no more is of the type `gone`, with object and id and no row (FD-7)."""
        if self.kind == "gone":
            return {"type": "gone", "timestamp": self.at, "data": {"object": self.object_name, "id": self.object_id}}
        body = {"type": self.topic, "timestamp": self.at, "data": self.row}
        return body if self.old is None else body | {"old": self.old}


def outward(events: Sequence[LoggedEvent], receivers: Sequence[Receiver]) -> list[list[OutwardEvent]]:
    """Return of each receiver what he is told of these events of one realm, in their order.

    A row is told that is visible as it was at the event and as it is now, to the actor as he is now (FD-14). Who saw
    it before an update that hid it is told `gone` (FD-7), who saw it before it was deleted its id. One statement for
    each data object, and one for each set that a rule or a mask names, however many events: it holds the sets of fifty
    actors, each as that actor's own rule says."""
    found: dict[Key, list[int]] = defaultdict(list)
    for place, event in enumerate(events):
        for key in keys_of(event):
            found[key].append(place)
    wanted = [{place for key in _open_keys(one) for place in found.get(key, ())} for one in receivers]
    by_actor: dict[Actor, set[int]] = defaultdict(set)
    for one, places in zip(receivers, wanted, strict=True):
        by_actor[one.actor] |= places
    stored = _Stored([events[place] for place in sorted(set().union(*by_actor.values()))])
    by_object: dict[str, list[_Wanted]] = defaultdict(list)
    for actor, places in by_actor.items():
        for place in sorted(places):
            by_object[events[place].object_name].append((actor, place, events[place]))
    told: dict[Actor, dict[int, OutwardEvent]] = {actor: {} for actor in by_actor}
    for name, some in by_object.items():
        for (actor, place), said in _of_object(read_objects().get(events[0].realm, name), some, stored).items():
            told[actor][place] = said
    return [[told[one.actor][place] for place in sorted(places) if place in told[one.actor]]
            for one, places in zip(receivers, wanted, strict=True)]


class _Stored:
    """The rows of some events as they are now, and what rules ask of them that no wire row shows."""

    def __init__(self, events: Sequence[LoggedEvent]) -> None:
        self._now: dict[str, dict[str, Facts]] = {}
        ids: dict[str, set[str]] = defaultdict(set)
        for event in events:
            ids[event.object_name].add(event.object_id)
        for name, wanted in ids.items():
            visibility = read_objects().get(events[0].realm, name).visibility
            self._now[name] = facts_by_id(visibility, wanted)

    def now(self, event: LoggedEvent) -> Facts | None:
        """Return what the rule asks of the row as it is now, None where there is none any more."""
        return self._now[event.object_name].get(event.object_id)

    def facts(self, model: type[Entity], event: LoggedEvent, row: Wire) -> Facts:
        """Return what the rule asks of a row of the event; what no event shows is as it is now."""
        now = self.now(event)
        if now is None:  # who saw what is gone for good nobody can tell, where it could be held: staff alone
            now = dict.fromkeys(attributes_of(model)) | {"held": REMOVED, "realm": event.realm}
        return {**now, **row}


def _of_object(found: ReadObject, wanted: Sequence[_Wanted],
               stored: _Stored) -> dict[tuple[Actor, int], OutwardEvent]:
    """Return actor and place → what that actor is told; all actors are asked about together."""
    visibility, model = found.visibility, found.model
    facts = {place: dict(_facts(model, event, stored))
             for place, event in {place: event for _, place, event in wanted}.items()}
    asked = [(actor, place, when) for actor, place, _ in wanted for when in facts[place]]
    visible = each_visible(visibility, [(actor, facts[place][when]) for actor, place, when in asked])
    seen = {one for one, is_visible in zip(asked, visible, strict=True) if is_visible}
    shown = [(actor, place, event) for actor, place, event in wanted
             if {(actor, place, "after"), (actor, place, "now")} <= seen]
    rows = each_shown(visibility, [(actor, event.row) for actor, _, event in shown])
    told = {(actor, place): replace(_bare(event), row=_row(stored.now(event), row), old=_old(found, actor, event))
            for (actor, place, event), row in zip(shown, rows, strict=True)}
    for actor, place, event in wanted:
        if (actor, place, "before") in seen and event.verb == "deleted":
            told[actor, place] = replace(_bare(event), row={"id": event.object_id})
        elif (actor, place, "before") in seen and (actor, place, "after") not in seen:
            told[actor, place] = replace(_bare(event), kind="gone")
    return told


def _facts(model: type[Entity], event: LoggedEvent, stored: _Stored) -> Iterator[tuple[str, Facts]]:
    """Yield what is asked about the row of an event: as it was before it, behind it, and as it is now."""
    if event.verb == "deleted":
        yield "before", stored.facts(model, event, event.row | {"isActive": True})
        return
    yield "after", stored.facts(model, event, event.row)
    if (now := stored.now(event)) is not None:
        yield "now", now
    if event.old is not None:
        yield "before", {**stored.facts(model, event, event.old), **event.was}


def _bare(event: LoggedEvent) -> OutwardEvent:
    return OutwardEvent(event.position, event.event_id, event.topic, event.verb, event.object_name, event.object_id,
                        str(iso(event.at)))


def _row(now: Facts | None, row: Wire) -> Wire:
    """Return a row as it goes outward; who sees what is held is told so, as by get."""
    held = {"held": now["held"]} if now is not None and now.get("held") else {}
    return {name: value for name, value in row.items() if name != _NEVER} | held


def _old(found: ReadObject, actor: Actor, event: LoggedEvent) -> Wire | None:
    """Return the former values, for staff who see all of the object (FD-13)."""
    if event.old is None or not (actor.is_staff and found.visibility.sees_all(actor)):
        return None
    return {name: value for name, value in event.old.items() if name != _NEVER and value != event.row.get(name)}


def keys_of(event: LoggedEvent) -> tuple[Key, Key]:
    """Return by which keys a selection can have chosen the event."""
    return (event.object_name, event.verb, None), (event.object_name, event.verb, event.object_id)


def _open_keys(receiver: Receiver) -> Iterator[Key]:
    """Yield the keys of what the receiver may ask for now; whose role has changed has not chosen any more."""
    actor, selection = receiver.actor, receiver.selection
    if actor.realm != selection.realm:
        return
    for one in selection.chosen:
        if _may_ask(read_objects().get(selection.realm, one.object_name), one, actor):
            yield from one.keys


def _may_ask(found: ReadObject, one: Chosen, actor: Actor) -> bool:
    """Return whether the actor may read rows of the object at all, and without naming which, where nobody does so."""
    names_them = not found.named_only or one.object_id is not None or found.visibility.sees_all(actor)
    return names_them and found.who(actor)


def _topics_of(realm: str) -> dict[str, tuple[str, str]]:
    """Return the topic of each dbevent that may go outward → its object and verb."""
    return {db_topic(realm, found.model.__service__, found.name, verb): (found.name, verb)
            for one_realm, found in read_objects() if one_realm == realm for verb in VERBS}


def _read(realm: str, topics: Mapping[str, tuple[str, str]], name: str) -> Chosen | None:
    """Return what one topic chooses, None for what is no topic."""
    topic, colon, given = name.partition(":")
    if topic in topics:
        object_name, verb = topics[topic]
        if not colon:
            return Chosen(object_name, (verb,))
        verbs: tuple[str, ...] = (verb,)
    else:
        object_name, _, given = name.partition("/")
        verbs = VERBS
    found, object_id = read_objects().find(realm, object_name), canonical_uuid(given)
    return Chosen(found.name, verbs, object_id) if found and object_id else None


def _hidden_among(selection: Selection, actor: Actor) -> str | None:
    """Return the first name whose row is not there for the actor; None where all are."""
    ids: dict[str, set[str]] = defaultdict(set)
    for one in selection.chosen:
        if one.object_id is not None:
            ids[one.object_name].add(one.object_id)
    seen: set[tuple[str, str]] = set()
    for object_name, wanted in ids.items():
        visibility = read_objects().get(selection.realm, object_name).visibility
        rows = facts_by_id(visibility, wanted)
        visible = those_visible(visibility, list(rows.values()), actor)
        seen |= {(object_name, id) for id, is_visible in zip(rows, visible, strict=True) if is_visible}
    return next((name for name, one in zip(selection.names, selection.chosen, strict=True)
                 if one.object_id is not None and (one.object_name, one.object_id) not in seen), None)


def _unknown(name: str) -> InvalidInput:
    said = f"{name[:_SHOWN]} is no topic that you can follow"
    return InvalidInput(f"topics: {said}", detail={"topics": said})

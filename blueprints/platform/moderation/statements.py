"""The statement of reasons: what a person is told of what was done, composed of the acts themselves (M-31).

It is sent by a subscriber, once a person and case, to the account's own address, and cannot be muted."""
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

from sqlalchemy import select

from app.actor import Actor, system_actor
from app.clock import now
from app.data.reads import fetch_one
from app.data.unit_of_work import UnitOfWork
from app.errors import NotFound
from app.identity import appeal_tokens
from app.notify.letter_templates import LetterTemplate
from app.notify.letters import Letter, write_letter
from app.notify.mailbox import post_letter
from app.plain_text import unlinked
from app.runtime import runtime
from blueprints.platform.auth.queries import contact_of
from blueprints.platform.moderation.act_models import Act, Appeal
from blueprints.platform.moderation.catalogue import text_behind
from blueprints.platform.moderation.letters import APPEALS, STATEMENT, TAKEN_BACK
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.rules import APPEALED_ALONE, HEAVINESS, makes_strike
from blueprints.platform.moderation.sentences import (
    PUBLIC_TITLES,
    Measure,
    effect_of,
    origin_of,
    spoken_moment,
    summary_of,
)
from blueprints.platform.moderation.strike_models import Strike
from blueprints.platform.moderation.strikes import appeal_end, strike_left_by
from blueprints.platform.moderation.subjects import find_subject, subject_of

_CASE = (Case.id, Case.realm, Case.number, Case.kind, Case.person_id, Case.report_count)
_ANOTHER = "Where another member of our staff is there, whoever decided this does not decide your appeal."
_NO_STRIKE = "It leaves no strike on your record."
_PROMISED = ("If you think that we are wrong, you can appeal, without logging in, by a link that comes with this "
             f"letter.\n{_ANOTHER}")


@dataclass(frozen=True)
class Statement:
    """What one person is told of one case; `subject` in a few words, `text` in paragraphs."""

    realm: str
    case_id: str
    case_number: int
    person_id: str
    subject: str
    text: str


class _NewCase(NamedTuple):
    """The case that an act is going to open: its number comes with it."""

    realm: str
    id: str = ""
    number: str = "…"
    kind: str = "OWN"
    report_count: int = 0


class Ordered(Protocol):
    """An act that is not done yet, as `acts.ActOrder` has it."""

    @property
    def kind(self) -> str: ...
    @property
    def entity_type(self) -> str: ...
    @property
    def entity_id(self) -> str: ...
    @property
    def days(self) -> int | None: ...
    @property
    def scope(self) -> str | None: ...


def compose(case: Case, person_id: str, acts: Sequence[Act], strike: Strike | None) -> Statement:
    """Return the statement of what was done in a case to one person: `acts` (at least one) and the strike are theirs.

    The things are named as they are now; what is gone for good has no title."""
    titles = titles_for(case.realm, person_id, [(act.entity_type, act.entity_id) for act in acts])
    measures = [Measure(act.realm, act.kind, act.entity_type, title, act.until, act.scope)
                for act, title in zip(acts, titles, strict=True)]
    rule = next((act.rule for act in acts if act.rule), None)
    return _statement(case, person_id, measures, reason=acts[0].reason, rule=rule,
                      by_machine=all(act.by_machine for act in acts), record=record_of(strike, acts))


def preview(actor: Actor, number: int, orders: Sequence[Ordered], *, reason: str, rule: str | None = None,
            strike: bool | None = None) -> Letter:
    """Return the letter that resolving a case by these acts (at least one) would send, before it is done.

    Only what is made with the acts is missing: the number of the strike, the link to appeal. Raises NotFound (no such
    case, or one of nobody's)."""
    case: Any = fetch_one(select(*_CASE).where(Case.realm == actor.realm, Case.number == number))
    if case is None or case.person_id is None:
        raise NotFound
    return _preview(case, case.person_id, orders, reason=reason, rule=rule, strike=strike)


def preview_act(actor: Actor, order: Ordered, *, reason: str, rule: str | None = None,
                strike: bool | None = None) -> Letter | None:
    """The same for one act without a case, which resolves the one that waits or opens one; None to nobody.

    Raises InvalidInput (nobody moderates this kind here), NotFound."""
    person_id = subject_of(actor, order.entity_type, order.entity_id).person_id
    if person_id is None:
        return None
    case: Any = fetch_one(select(*_CASE).where(
        Case.realm == actor.realm, Case.entity_type == order.entity_type, Case.entity_id == order.entity_id,
        Case.is_pending.is_(True), Case.kind != "APPEAL")) or _NewCase(actor.realm)
    return _preview(case, person_id, [order], reason=reason, rule=rule, strike=strike)


def _preview(case: Any, person_id: str, orders: Sequence[Ordered], *, reason: str, rule: str | None,
             strike: bool | None) -> Letter:
    titles = titles_for(case.realm, person_id, [(order.entity_type, order.entity_id) for order in orders])
    measures = [Measure(case.realm, order.kind, order.entity_type, title,
                        now() + timedelta(days=order.days) if order.days else None, order.scope)
                for order, title in zip(orders, titles, strict=True)]
    kinds = [order.kind for order in orders]
    statement = _statement(case, person_id, measures, reason=reason, rule=rule, by_machine=False,
                           record=promised(kinds, strike))
    contact = contact_of(case.realm, person_id)
    return write_letter(STATEMENT, {"subject": statement.subject, "text": statement.text,
                                   "fullname": contact["fullname"] if contact else None})


def send(work: UnitOfWork, statement: Statement) -> bool:
    """Post a statement to its person, once a case and whatever the person has muted; False when it was posted before.

    It also goes to an address that nobody has proved, without a word of whoever typed it in (decision 44)."""
    return post(work, statement.realm, statement.person_id, STATEMENT, statement.subject, statement.text,
                 f"moderation-case {statement.case_id}")


def send_undone(work: UnitOfWork, act: Act) -> bool:
    """Post to its person that an act was taken back, once; the reason is why."""
    if act.person_id is None:
        return False
    title = titles_for(act.realm, act.person_id, [(act.entity_type, act.entity_id)])[0]
    was = effect_of(Measure(act.realm, act.kind, act.entity_type, title, act.until, act.scope))
    text = f"This does not hold any more:\n{was}\n\nWhy: {act.undone_reason or act.reason}"
    return post(work, act.realm, act.person_id, TAKEN_BACK, f"Taken back: case {act.case_number}", text,
                 f"moderation-act {act.id}")


def send_decision(work: UnitOfWork, appeal: Appeal) -> bool:
    """Post to its person how an appeal ended, once."""
    contact, is_strike = contact_of(appeal.realm, appeal.person_id), appeal.strike_number is not None
    against = (f"strike s{appeal.strike_number}" if is_strike
               else f"case {work.get(Act, str(appeal.act_id)).case_number}")
    return contact is not None and post_letter(
        work, realm=appeal.realm, to=contact["email"], name="APPEAL_DECIDED", template=APPEALS[appeal.state],
        cause=f"appeal {appeal.id}", user_id=contact["id"], facts={
            "number": appeal.number, "against": against, "isStrike": is_strike, "reason": appeal.reason or "",
            "fullname": contact["fullname"]})


def statements_of(work: UnitOfWork, case_id: str) -> list[Statement]:
    """Return the statements of a case, one for each person something was done to, in the order of their ids.

    Of what a bulk did its own letters tell (bulk_letters.py)."""
    case = work.get(Case, case_id)
    acts = work.all(select(Act).where(Act.case_id == case_id, Act.person_id.is_not(None), Act.parent_id.is_(None))
                    .order_by(Act.number))
    people = sorted({str(act.person_id) for act in acts})
    of_person = {person_id: [act for act in acts if act.person_id == person_id] for person_id in people}
    return [compose(case, person_id, theirs, strike_left_by(work, theirs)) for person_id, theirs in of_person.items()]


def spoken_title(realm: str, entity_type: str, entity_id: str) -> str:
    """Return the title of a thing for a letter: one line without links; blank of what is not there for everybody."""
    if entity_type not in PUBLIC_TITLES:
        return ""
    subject = find_subject(system_actor(realm), entity_type, entity_id)
    return unlinked(subject.title) if subject else ""


def titles_for(realm: str, person_id: str, things: Sequence[tuple[str, str]]) -> list[str]:
    """Return the titles of things; blank ones for whose address nobody has proved."""
    contact = contact_of(realm, person_id)
    is_proved = contact is not None and contact["emailVerified"]
    return [spoken_title(realm, *thing) if is_proved else "" for thing in things]


def _statement(case: Case, person_id: str, measures: Sequence[Measure], *, reason: str, rule: str | None,
               by_machine: bool, record: str) -> Statement:
    text = reasons(
        case.realm, "\n".join(effect_of(measure) for measure in measures), reason=reason, rule=rule, record=record,
        origin=origin_of(case.kind, was_reported=case.report_count > 0, by_machine=by_machine),
        named=f"This is case {case.number}.")
    return Statement(case.realm, case.id, case.number, person_id, f"{summary_of(measures)} (case {case.number})", text)


def reasons(realm: str, effects: str, *, reason: str, rule: str | None, origin: str, record: str, named: str) -> str:
    """Return the paragraphs of a statement: what was done, why, by which rule, who noticed, what stays, which case."""
    house_rule = text_behind(realm, rule) if rule else None
    return "\n\n".join(filter(None, [
        effects, f"Why: {reason}", f"The rule: {house_rule.title}. {house_rule.text}" if house_rule else "", origin,
        record, named]))


def record_of(strike: Strike | None, acts: Sequence[Act]) -> str:
    """Return what stays on the person's record, and how to appeal against it."""
    heaviest = max(acts, key=lambda act: HEAVINESS[act.kind])
    if strike is not None:
        left = f"It leaves strike s{strike.number} on your record until {spoken_moment(strike.lapses_at)}."
        return f"{left}\n{_how_to_appeal(heaviest, strike.appeal_until, strike.number)}"
    if heaviest.kind in APPEALED_ALONE:
        return f"{_NO_STRIKE}\n{_how_to_appeal(heaviest, appeal_end(heaviest), None)}"
    return _NO_STRIKE if HEAVINESS[heaviest.kind] else ""


def promised(kinds: Sequence[str], strike: bool | None) -> str:
    """Return the same before the acts are done, without what is made with them."""
    if makes_strike(kinds, strike):
        return f"It leaves a strike on your record.\n{_PROMISED}"
    if APPEALED_ALONE.intersection(kinds):
        return f"{_NO_STRIKE}\n{_PROMISED}"
    return _NO_STRIKE if any(HEAVINESS[kind] for kind in kinds) else ""


def _how_to_appeal(act: Act, until: datetime, strike_number: int | None) -> str:
    return (f"If you think that we are wrong, you can appeal until {spoken_moment(until)}, without logging in: "
            f"{appeal_link(act, until, strike_number)}\n{_ANOTHER}")


def appeal_link(act: Act, until: datetime, strike_number: int | None) -> str:
    """Return the address of the page that appeals against an act, or the strike it left, without a login (M-10).

    The token stands behind `#`: no server and no proxy on the way ever sees it."""
    settings = runtime().settings
    token = appeal_tokens.issue(settings.secret_key, act.realm, act.id, str(act.person_id), until)
    said = urlencode(({} if strike_number is None else {"strike": strike_number}) | {"token": token})
    return f"{settings.public_url}/{act.realm}/adminmoderation-api/appeal-page#{said}"


def post(work: UnitOfWork, realm: str, person_id: str, template: LetterTemplate, subject: str, text: str,
         cause: str) -> bool:
    """Post a letter of moderation to a person, once for its cause; False when there is no address to write to."""
    contact = contact_of(realm, person_id)
    return contact is not None and post_letter(
        work, realm=realm, to=contact["email"], name=template.name, template=template, cause=cause,
        user_id=contact["id"],
        facts={"subject": subject, "text": text, "fullname": contact["fullname"]})

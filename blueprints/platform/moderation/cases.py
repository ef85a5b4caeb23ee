"""Cases: one thing that staff judge, from opening to its resolution; its lock orders everything about it.

resolve() is the core: one transaction, whose steps stand in `_resolved_all` in their order."""
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_

from app.actor import Actor
from app.clock import now
from app.data.ids import uuid7
from app.data.moderated_kinds import Subject
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.upserts import upsert
from app.errors import DuplicateRecord, InvalidInput, NotFound, RuleViolated
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.acts import ActOrder, counts_still, does, perform_all, standing_act
from blueprints.platform.moderation.case_file_models import CaseNote
from blueprints.platform.moderation.catalogue import rule_named
from blueprints.platform.moderation.counters import PENDING, count, next_number
from blueprints.platform.moderation.evidence import keep_evidence, let_evidence_expire
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.moderators import is_moderator, refuse_own, require_moderator
from blueprints.platform.moderation.questions import question_topic
from blueprints.platform.moderation.report_models import Report, ReporterRecord
from blueprints.platform.moderation.rules import NOBODY, is_claimed, priority
from blueprints.platform.moderation.strike_models import Strike
from blueprints.platform.moderation.strike_queries import active_strikes
from blueprints.platform.moderation.strikes import strike_for, strike_left_by
from blueprints.platform.moderation.subjects import find_subject, subject_of
from blueprints.platform.people.briefs import user_briefs

_TRIES = 5


@dataclass(frozen=True)
class Resolution:
    """What became of a case: its acts and the strike they left."""

    case: Case
    acts: list[Act]
    strike: Strike | None = None

    @property
    def informed(self) -> int:
        """How many reporters are told the outcome: whoever reported it, when the case is closed (subscribers.py)."""
        return self.case.report_count


class _Repeated(Exception):
    """The act that was ordered stands already; `id` is its id."""

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.id = id


def open_case(work: UnitOfWork, *, kind: str, entity_type: str, entity_id: str, subject: Subject | None,
              worst: int = 0) -> Case:
    """Return the case of this thing that waits, locked, or a new one of this kind, with the thing copied (M-33).

    `worst` is the weight of the reason, 0 to 100. A new case names the case of the same thing before it (M-19)."""
    case, is_new = join_case(work, kind=kind, entity_type=entity_type, entity_id=entity_id, subject=subject)
    weigh(work, case, worst, reports=0)
    if is_new:
        count(work, PENDING, 1)
    return case


def join_case(work: UnitOfWork, *, kind: str, entity_type: str, entity_id: str, subject: Subject | None,
              parent: Case | None = None) -> tuple[Case, bool]:
    """The same, and whether it is new; who calls it counts a new one in PENDING when everything else is locked.

    An appeal has always a case of its own, which names as `parent` the case that it is about."""
    for _ in range(_TRIES):
        case = None if kind == "APPEAL" else _waiting_case(work, entity_type, entity_id)
        is_new = case is None
        if case is None:
            try:
                with work.attempt():
                    case = _insert_case(work, kind, entity_type, entity_id, subject, parent)
            except DuplicateRecord:  # somebody else opened it just now
                continue
        if subject is not None:
            keep_evidence(work, case, subject)
        return case, is_new
    raise RuleViolated("ConcurrentChange", "the case was changed by somebody else; try again")


def weigh(work: UnitOfWork, case: Case, worst: int, *, reports: int) -> None:
    """Let a case come up by its worst reason, all its reports and the strikes of its person (M-21)."""
    worst, reports = max(case.worst, worst), case.report_count + reports
    strikes = active_strikes(case.realm, case.person_id) if case.person_id else 0
    urgent = priority(worst, reports, strikes)
    work.change(case, worst=worst, report_count=reports, priority=urgent, urgency=-urgent)


def resolve(actor: Actor, number: int, *, acts: list[ActOrder], reason: str, rule: str | None = None,
            strike: bool | None = None) -> Resolution:
    """Resolve a case by one or more acts, all in one transaction; the same again returns what stands. What was lifted
    since (a ban by UNBAN, a hold by SHOW_AGAIN) is done anew then, in the case after it.

    `strike`: None lets the acts decide (M-15). Raises NotFound, Forbidden (not staff), InvalidInput, RuleViolated
    (CaseTaken, naming whose it is; CaseClosed; IsAppeal)."""
    require_moderator(actor)
    if not acts:
        raise InvalidInput("acts: expected at least one", detail={"acts": "expected at least one"})
    with unit_of_work(actor) as work:
        case = lock_case(work, number)
        _refuse_appeal(case)
        refuse_own(actor, case.person_id)
        former = _acts_before(work, case, acts)
        missing = [order for order in acts if not any(does(act, order) and counts_still(work, act) for act in former)]
        standing = [act for order in missing if former and (act := standing_act(work, order)) is not None]
        if not missing:
            resolution = Resolution(case, former, strike_left_by(work, former))
        elif len(standing) == len(missing):  # what was lifted has been done anew already
            resolution = _resolution_of(work, standing)
        else:
            case, is_new = _case_after(work, case) if former else (case, False)
            refuse_taken(actor, case)
            resolution = _resolved(work, case, missing, reason=reason, rule=rule, strike=strike)
            if not is_new:
                count(work, PENDING, -1)
        work.flush()
        work.commit()
    return resolution


def act(actor: Actor, order: ActOrder, *, reason: str, rule: str | None = None, strike: bool | None = None,
        parent_id: str | None = None) -> Resolution:
    """Do one act without a case: it opens one and resolves it, or resolves the one that waits (M-17).

    What stands already and is not done twice is returned as it is, with its case. Raises as `resolve`."""
    require_moderator(actor)
    with unit_of_work(actor) as work:
        subject = subject_of(actor, order.entity_type, order.entity_id)
        try:
            with work.attempt():
                case, is_new = join_case(work, kind="OWN", entity_type=order.entity_type, entity_id=order.entity_id,
                                         subject=subject)
                standing = standing_act(work, order) if is_new else None
                if standing is not None:
                    raise _Repeated(standing.id)
        except _Repeated as repeated:
            resolution = _resolution_of(work, [work.get(Act, repeated.id)])
        else:
            refuse_taken(actor, case)
            resolution = _resolved(work, case, [order], reason=reason, rule=rule, strike=strike, parent_id=parent_id)
            if not is_new:
                count(work, PENDING, -1)
        work.flush()
        work.commit()
    return resolution


def act_on_each(actor: Actor, orders: Sequence[ActOrder], *, reason: str, rule: str | None = None,
                strike: bool | None = None, parent_id: str | None = None) -> list[Resolution]:
    """Do one act on each of several things without a case, in one transaction: as `act` does, each in its own case.

    All of them or none: raises as `act` where one is refused, RuleViolated (ActStands) where one stands already and is
    not done twice, DuplicateRecord where somebody opens a case of one of them at this moment. All cases are locked in
    the order of their ids before anything else, which is behind them in the order of locks."""
    require_moderator(actor)
    with unit_of_work(actor) as work:
        subjects = [subject_of(actor, order.entity_type, order.entity_id) for order in orders]
        waiting = _waiting_cases(work, orders)
        for case in waiting.values():
            refuse_taken(actor, case)
        cases = [waiting.get(_thing(order)) or _new_case(work, order, subject)
                 for order, subject in zip(orders, subjects, strict=True)]
        for case, subject in zip(cases, subjects, strict=True):
            keep_evidence(work, case, subject)
        resolutions = _resolved_all(work, [(case, [order]) for case, order in zip(cases, orders, strict=True)],
                                    reason=reason, rule=rule, strike=strike, parent_id=parent_id)
        if waiting:
            count(work, PENDING, -len(waiting))
        work.flush()
        work.commit()
    return resolutions


def take(actor: Actor, number: int) -> Case:
    """Take a case for CLAIM_HOURS, or for as long again. Raises NotFound, Forbidden, RuleViolated as `resolve`."""
    with _pending_case(actor, number) as (work, case):
        work.change(case, state="ASSIGNED", assignee_id=actor.user_id or NOBODY, taken_at=now())
        _audit(work, "taken", case)
    return case


def release(actor: Actor, number: int) -> Case:
    """Give back a case; one that nobody has stays as it is. Raises as `take`; a superAdmin gives back another's."""
    with _pending_case(actor, number, anybody_s=actor.is_super_admin) as (work, case):
        if case.assignee_id is not None:
            _audit(work, "released", case, assigneeId=case.assignee_id)
        work.change(case, state="OPEN", assignee_id=None, taken_at=None)
    return case


def add_note(actor: Actor, number: int, text: str) -> Case:
    """Write a note on a case, open or closed, for other staff; the actor's claim begins anew."""
    require_moderator(actor)
    with unit_of_work(actor) as work:
        case = lock_case(work, number)
        _write(work, case, "NOTE", text)
        _audit(work, "noted", case, text=text)
        work.commit()
    return case


def ask(actor: Actor, number: int, text: str) -> Case:
    """Ask the person of a case something by letter, without a strike (moderation.md, Terminal).

    Raises as `take`, and RuleViolated (NobodyToAsk)."""
    with _pending_case(actor, number) as (work, case):
        if case.person_id is None:
            raise RuleViolated("NobodyToAsk", f"Case {number} concerns nobody")
        note = _write(work, case, "QUESTION", text)
        _audit(work, "asked", case, personId=case.person_id, text=text)
        work.emit(question_topic(case.realm), case.id, {"noteId": note.id, "caseId": case.id})
    return case


def dismiss(actor: Actor, number: int, *, reason: str, rule: str | None = None) -> Case:
    """Close a case without an act: its reports are declined; the same again changes nothing. Raises as `resolve`."""
    require_moderator(actor)
    with unit_of_work(actor) as work:
        case = lock_case(work, number)
        _refuse_appeal(case)
        refuse_own(actor, case.person_id)
        if case.state != "DISMISSED" or case.closed_by != (actor.user_id or NOBODY):
            refuse_taken(actor, case)
            reports = lock_reports(work, [case])
            close_reports(work, reports, "DECLINED")
            close_case(work, case, "DISMISSED", reason=reason, rule=rule)
            _audit(work, "dismissed", case, reason=reason, rule=rule)
            count(work, PENDING, -1)
        work.commit()
    return case


def _refuse_appeal(case: Case) -> None:
    """Refuse to close the case of an appeal by anything but its decision, which M-14 guards."""
    if case.kind == "APPEAL":
        raise RuleViolated("IsAppeal", f"Case {case.number} is an appeal: it is closed by deciding that")


@contextmanager
def _pending_case(actor: Actor, number: int, *, anybody_s: bool = False) -> Iterator[tuple[UnitOfWork, Case]]:
    """Let staff change a case that waits and is nobody else's."""
    require_moderator(actor)
    with unit_of_work(actor) as work:
        case = lock_case(work, number)
        refuse_own(actor, case.person_id)
        if not (case.is_pending and anybody_s):
            refuse_taken(actor, case)
        yield work, case
        work.commit()


def _write(work: UnitOfWork, case: Case, kind: str, text: str) -> CaseNote:
    note = work.insert(CaseNote(id=uuid7(), realm=case.realm, case_id=case.id, kind=kind, text=text, written_at=now(),
                                author_id=work.actor.user_id or NOBODY))
    if case.is_pending and case.assignee_id == note.author_id:
        work.change(case, taken_at=note.written_at)
    return note


def _audit(work: UnitOfWork, verb: str, case: Case, **facts: str | None) -> None:
    audit.note(work, f"case.{verb}", number=case.number, entityType=case.entity_type, entityId=case.entity_id, **facts)


def lock_case(work: UnitOfWork, number: int) -> Case:
    """Return the case with that number, locked; raises NotFound."""
    case = work.first(select(Case).where(Case.realm == work.actor.realm, Case.number == number), lock=True)
    if case is None:
        raise NotFound
    return case


def refuse_taken(actor: Actor, case: Case) -> None:
    """Raise RuleViolated: CaseTaken, naming who, when another has or closed the case; CaseClosed when the actor did.

    What somebody has who may not act any more (another role, locked, suspended) is anybody's (M-13)."""
    if case.is_pending:
        is_free = case.assignee_id in (None, actor.user_id or NOBODY) or not is_claimed(case.taken_at, now())
        if is_free or not is_moderator(case.realm, case.assignee_id):
            return
        raise taken(case.realm, case.assignee_id, f"case {case.number} is with")
    if case.closed_by != (actor.user_id or NOBODY):
        raise taken(case.realm, case.closed_by, f"case {case.number} was closed by")
    raise RuleViolated("CaseClosed", f"Case {case.number} is closed")


def taken(realm: str, user_id: str | None, what: str) -> RuleViolated:
    """Return the refusal that names whose the case is."""
    brief = user_briefs(realm, [user_id]).get(user_id or "")
    name = brief["fullname"] if brief else "an operator"
    return RuleViolated("CaseTaken", f"{what[0].upper()}{what[1:]} {name}", detail={"by": name})


def close_reports(work: UnitOfWork, reports: list[Report], state: str) -> None:
    """End the open reports of cases as UPHELD or DECLINED, and count that for those who made them (M-32)."""
    open_reports = [report for report in reports if report.is_open]
    for report in open_reports:
        work.change(report, state=state, is_open=False)
    column = state.lower()
    for reporter_id in sorted(report.reporter_id for report in open_reports):
        insert = upsert(ReporterRecord).values(
            realm=work.actor.realm, person_id=reporter_id, **{"upheld": 0, "declined": 0, column: 1})
        work.execute(insert.on_conflict_do_update(
            index_elements=(ReporterRecord.realm, ReporterRecord.person_id),
            set_={column: getattr(ReporterRecord, column) + 1}))


def lock_reports(work: UnitOfWork, cases: Sequence[Case]) -> list[Report]:
    """Return the reports of these cases, locked."""
    wanted = Report.case_id.in_([case.id for case in cases])
    return work.all(select(Report).where(wanted).order_by(Report.id), lock=True)


def close_case(work: UnitOfWork, case: Case, state: str, *, reason: str, rule: str | None = None) -> None:
    """End a case as RESOLVED or DISMISSED; what it copied is kept until nobody can appeal any more (M-33)."""
    work.change(case, state=state, is_pending=False, closed_at=now(), closed_by=work.actor.user_id or NOBODY,
                reason=reason, rule=rule)
    let_evidence_expire(work, case)


def _resolved(work: UnitOfWork, case: Case, orders: list[ActOrder], *, reason: str, rule: str | None,
              strike: bool | None, parent_id: str | None = None) -> Resolution:
    [resolution] = _resolved_all(work, [(case, orders)], reason=reason, rule=rule, strike=strike, parent_id=parent_id)
    return resolution


def _resolved_all(work: UnitOfWork, judged: Sequence[tuple[Case, list[ActOrder]]], *, reason: str, rule: str | None,
                  strike: bool | None, parent_id: str | None = None) -> list[Resolution]:
    """Resolve cases that are locked, each by its acts: reports, acts, strikes, counts of reporters, in this order."""
    if rule is not None:
        rule_named(work.actor.realm, rule)
    cases = [case for case, _ in judged]
    reports = lock_reports(work, cases)
    acts = perform_all(work, judged, reason=reason, rule=rule, parent_id=parent_id)
    resolutions = [Resolution(case, done := [act for act in acts if act.case_id == case.id],
                              strike_for(work, case, done, strike, reason=reason, rule=rule)) for case in cases]
    close_reports(work, reports, "UPHELD")
    for case in cases:
        close_case(work, case, "RESOLVED", reason=reason, rule=rule)
    return resolutions


def _acts_before(work: UnitOfWork, case: Case, orders: list[ActOrder]) -> list[Act]:
    """Return the acts of a case that the actor resolved by these very acts, all of which stand; else none."""
    if case.state != "RESOLVED" or case.closed_by != (work.actor.user_id or NOBODY):
        return []
    acts = work.all(select(Act).where(Act.case_id == case.id, Act.state == "STANDING").order_by(Act.number))
    return acts if all(any(does(act, order) for act in acts) for order in orders) else []


def _resolution_of(work: UnitOfWork, acts: list[Act]) -> Resolution:
    return Resolution(work.get(Case, acts[0].case_id), acts, strike_left_by(work, acts))


def _case_after(work: UnitOfWork, case: Case) -> tuple[Case, bool]:
    """Return the case of the same thing that comes after a closed one, locked, and whether it is new."""
    return join_case(work, kind="OWN", entity_type=case.entity_type, entity_id=case.entity_id,
                     subject=find_subject(work.actor, case.entity_type, case.entity_id))


def _waiting_case(work: UnitOfWork, entity_type: str, entity_id: str) -> Case | None:
    return work.first(select(Case).where(
        Case.realm == work.actor.realm, Case.entity_type == entity_type, Case.entity_id == entity_id,
        Case.is_pending.is_(True), Case.kind != "APPEAL"), lock=True)


def _waiting_cases(work: UnitOfWork, orders: Sequence[ActOrder]) -> dict[tuple[str, str], Case]:
    """Return the cases of these things that wait, locked in the order of their ids."""
    cases = work.all(select(Case).where(
        Case.realm == work.actor.realm, tuple_(Case.entity_type, Case.entity_id).in_([_thing(one) for one in orders]),
        Case.is_pending.is_(True), Case.kind != "APPEAL").order_by(Case.id), lock=True)
    return {(case.entity_type, case.entity_id): case for case in cases}


def _thing(order: ActOrder) -> tuple[str, str]:
    return order.entity_type, order.entity_id


def _new_case(work: UnitOfWork, order: ActOrder, subject: Subject) -> Case:
    """Open a case for an act; raises RuleViolated (ActStands) where the act would be a repetition."""
    standing = standing_act(work, order)
    if standing is not None:
        raise RuleViolated("ActStands", f"a{standing.number} does this already")
    return _insert_case(work, "OWN", order.entity_type, order.entity_id, subject, None)


def _insert_case(work: UnitOfWork, kind: str, entity_type: str, entity_id: str, subject: Subject | None,
                 parent: Case | None) -> Case:
    realm = work.actor.realm
    number = next_number(work, "case")
    former = work.rows(select(func.max(Case.number)).where(
        Case.realm == realm, Case.entity_type == entity_type, Case.entity_id == entity_id))[0][0]
    return work.insert(Case(
        id=uuid7(), realm=realm, number=number, kind=kind, entity_type=entity_type, entity_id=entity_id,
        person_id=subject.person_id if subject else None, state="OPEN", is_pending=True, priority=0, urgency=0,
        worst=0, report_count=0, opened_at=now(), previous=parent.number if parent else former))

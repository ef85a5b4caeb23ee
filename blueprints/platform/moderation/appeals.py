"""Appeals: a person's one answer to a strike, or to a suspension without one (docs/decisions/081), judged as a case by
another moderator where there is one.

Whoever is suspended cannot log in; the token of the letter, or of the refused login, stands for the login (M-10)."""
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.moderated_kinds import Subject
from app.data.reads import Listing, fetch, list_rows
from app.data.reads.filters import Filters, equal
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.visibility import seen_by
from app.errors import DuplicateRecord, InvalidInput, LoginRequired, NotFound, RuleViolated
from app.identity.appeal_tokens import AppealTokenRefused, read
from app.runtime import runtime
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.act_models import Act, Appeal
from blueprints.platform.moderation.acts import undo_all
from blueprints.platform.moderation.cases import close_case, join_case, refuse_taken, weigh
from blueprints.platform.moderation.counters import PENDING, count, next_number
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.moderators import other_moderators, require_moderator
from blueprints.platform.moderation.rules import APPEALED_ALONE, NOBODY, appeal_name
from blueprints.platform.moderation.strike_models import Strike
from blueprints.platform.moderation.strikes import appeal_end, bears, find_strike, revoke, without_strike
from blueprints.platform.moderation.visibility import APPEALS

APPEAL_FILTERS = Filters((equal(Appeal.state),))
_NEWEST_FIRST = (Appeal.number.desc(), Appeal.id.desc())


class _Against(NamedTuple):
    """What is appealed against: the case it was decided in, and how the appeal names it, by its columns."""

    case_id: str
    names: dict[str, Any]
    as_evidence: dict[str, int]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decided appeal: the acts that were undone for it, and a sentence for each thing that cannot come back."""

    appeal: Appeal
    undone: list[Act] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def appeal(actor: Actor, *, text: str, strike_number: int | None = None, token: str | None = None,
           id: str | None = None) -> Appeal:
    """Appeal against an own strike, which opens a case; `token` stands for a login, and names the strike by itself.

    A token of a suspension or ban that left no strike appeals against what was done with it in its case. Raises
    LoginRequired without either, InvalidInput without token and number, NotFound also for a foreign strike,
    RuleViolated AppealTokenRefused, LeftNoStrike (and was no suspension), AlreadyAppealed, StrikeRevoked, ActEnded,
    AppealTooLate (APPEAL_DAYS)."""
    person_id, strike_number, act_id = _appellant(actor, strike_number, token)
    with unit_of_work(actor) as work:
        against = (_lock_strike(work, person_id, strike_number) if strike_number is not None
                   else _lock_suspension(work, person_id, str(act_id)))
        struck, names = work.get(Case, against.case_id), against.names
        title = f"Appeal against {appeal_name(names['strike_number'], names['act_number'])}"
        case, _ = join_case(
            work, kind="APPEAL", entity_type=struck.entity_type, entity_id=struck.entity_id, parent=struck,
            subject=Subject(title, person_id, against.as_evidence | {"text": text}))
        made = work.insert(Appeal(
            id=id, realm=actor.realm, number=next_number(work, "appeal"), case_id=case.id, person_id=person_id,
            text=text, state="OPEN", is_own_strike=False, **names))
        weigh(work, case, struck.worst, reports=0)
        count(work, PENDING, 1)
        work.commit()
    return made


def decide(actor: Actor, number: int, *, granted: bool, reason: str) -> Decision:
    """Decide an appeal: granted, every act that it is against is undone, and the strike they left is revoked.

    The same decision again returns the one that stands. Raises NotFound, Forbidden (no active member of staff),
    RuleViolated: AppealDecided, CaseTaken, OwnAppeal, OwnStrike (M-14)."""
    require_moderator(actor)
    wanted = "GRANTED" if granted else "DENIED"
    with unit_of_work(actor) as work:
        case, acts, strike, found, judge_id = _locked(work, number, with_acts=granted)
        if found.state != "OPEN":
            if (found.state, found.decided_by) != (wanted, actor.user_id or NOBODY):
                raise RuleViolated("AppealDecided", f"Appeal p{number} was {found.state.lower()} already")
            decision = Decision(found)
        else:
            refuse_taken(actor, case)
            own = _is_own_strike(actor, found.person_id, judge_id)
            work.change(found, state=wanted, reason=reason, decided_at=now(), decided_by=actor.user_id or NOBODY,
                        is_own_strike=own)
            decision = Decision(found, acts, _grant(work, found, strike, acts, reason) if granted else [])
            close_case(work, case, "RESOLVED" if granted else "DISMISSED", reason=reason)
            audit.note(work, f"appeal.{wanted.lower()}", number=number, strike=found.strike_number,
                       act=found.act_number, isOwnStrike=own, acts=[act.number for act in acts], lost=decision.lost,
                       reason=reason)
            count(work, PENDING, -1)
        work.commit()
    return decision


def list_appeals(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the actor's own appeals, for staff of all, the newest first.

    Staff read, too, in which case it is judged, who decided, and whether it was the one who struck (M-14)."""
    listing = list_rows(Appeal, asked.page, Appeal.realm == actor.realm, *seen_by(APPEALS, actor), *asked.where,
                        order=_NEWEST_FIRST)
    listing.rows = with_decisions(actor, listing.rows)
    return listing


def with_decisions(actor: Actor, rows: list[Wire]) -> list[Wire]:
    """Return appeals with what staff alone read of them (list_appeals), in one statement."""
    if not actor.is_staff or not rows:
        return rows
    more = {row.id: {"caseNumber": row.number, "decidedBy": row.decided_by, "isOwnStrike": row.is_own_strike}
            for row in fetch(select(Appeal.id, Appeal.decided_by, Appeal.is_own_strike, Case.number).join(
                Case, Case.id == Appeal.case_id).where(Appeal.id.in_([row["id"] for row in rows])))}
    return [row | more[row["id"]] for row in rows]


def _appellant(actor: Actor, strike_number: int | None, token: str | None) -> tuple[str, int | None, str | None]:
    """Return who appeals against which strike, or by the token of which act where that left none: those of the token,
    else who is logged in and what is named."""
    if token is None:
        if actor.user_id is None:
            raise LoginRequired("errMsg_createAppealRequiresLogin")
        if strike_number is None:
            raise InvalidInput("strikeNumber: required without a token", detail={"strikeNumber": "required"})
        return actor.user_id, strike_number, None
    try:
        grant = read(runtime().settings.secret_key, actor.realm, token)
    except AppealTokenRefused as error:
        raise RuleViolated("AppealTokenRefused", "The token is none of ours, or the time to appeal is over") from error
    rows = fetch(select(Act.strike_number).where(Act.id == grant.act_id, Act.realm == actor.realm))
    if not rows or strike_number not in (None, rows[0].strike_number):
        raise NotFound
    return grant.person_id, rows[0].strike_number, grant.act_id


def _lock_strike(work: UnitOfWork, person_id: str, number: int) -> _Against:
    strike = work.lock(Strike, find_strike(work.actor.realm, number))
    if strike.person_id != person_id:
        raise NotFound
    if work.find(Appeal, Appeal.strike_id == strike.id) is not None:
        raise DuplicateRecord(*Appeal.__duplicates__["uq_moderation_appeal_strike"])
    if strike.state == "REVOKED":
        raise RuleViolated("StrikeRevoked", f"Strike s{strike.number} stands no more")
    if strike.appeal_until <= now():
        raise RuleViolated("AppealTooLate", f"The time to appeal against s{strike.number} is over")
    return _Against(strike.case_id, {"strike_id": strike.id, "strike_number": strike.number, "act_id": None,
                                     "act_number": None}, {"strike": strike.number})


def _lock_suspension(work: UnitOfWork, person_id: str, act_id: str) -> _Against:
    """Lock what one case did to the person without a strike; the first suspension or ban of it names the whole."""
    case_number = work.get(Act, act_id).case_number
    acts = work.all(select(Act).where(without_strike(work.actor.realm, person_id, case_number)).order_by(Act.id),
                    lock=True)
    named = next((act for act in acts if act.kind in APPEALED_ALONE), None)
    if named is None:
        raise RuleViolated("LeftNoStrike", "What was done left no strike; it cannot be appealed against")
    if work.find(Appeal, Appeal.act_id == named.id) is not None:
        raise DuplicateRecord(*Appeal.__duplicates__["uq_moderation_appeal_act"])
    if all(act.state != "STANDING" for act in acts):
        raise RuleViolated("ActEnded", "What was done does not hold any more")
    if appeal_end(named) <= now():
        raise RuleViolated("AppealTooLate", "The time to appeal against this is over")
    return _Against(named.case_id, {"strike_id": None, "strike_number": None, "act_id": named.id,
                                    "act_number": named.number}, {"act": named.number})


def _locked(work: UnitOfWork, number: int, *, with_acts: bool) -> tuple[Case, list[Act], Strike | None, Appeal, str]:
    """Return the appeal, its case, the strike and the standing acts it is against, locked in their order, and who
    judged."""
    realm = work.actor.realm
    found = work.rows(select(Appeal.id, Appeal.case_id, Appeal.strike_id, Appeal.act_id).where(
        Appeal.realm == realm, Appeal.number == number))
    if not found:
        raise NotFound
    appeal_id, case_id, strike_id, act_id = found[0]
    case = work.lock(Case, case_id)
    if strike_id is not None:
        contested, judge_id = bears(struck := work.get(Strike, strike_id)), struck.struck_by
    else:
        act = work.get(Act, act_id)
        contested, judge_id = without_strike(realm, str(act.person_id), act.case_number), act.actor_id
    standing = select(Act).where(contested, Act.state == "STANDING").order_by(Act.id)
    acts = work.all(standing, lock=True) if with_acts else []
    strike = None if strike_id is None else work.lock(Strike, strike_id)
    return case, acts, strike, work.lock(Appeal, appeal_id), judge_id


def _is_own_strike(actor: Actor, person_id: str, judge_id: str) -> bool:
    """Return whether the actor decides over an own judgement for want of another moderator, and refuse it else."""
    me = actor.user_id or NOBODY
    if me == person_id:
        raise RuleViolated("OwnAppeal", "Nobody decides an appeal of their own")
    if me != judge_id:
        return False
    if other_moderators(actor.realm, judge_id, person_id):
        raise RuleViolated("OwnStrike", "Who struck does not decide while another moderator can")
    return True


def _grant(work: UnitOfWork, found: Appeal, strike: Strike | None, acts: list[Act], reason: str) -> list[str]:
    said = f"appeal against {appeal_name(found.strike_number, found.act_number)} granted: {reason}"
    if strike is not None:
        revoke(work, strike, reason=said)
    return undo_all(work, acts, reason=said)

"""Appeals: a person's one answer to a strike, judged as a case by another moderator where there is one.

Whoever is suspended cannot log in; the token of the letter, or of the refused login, stands for the login (M-10)."""
from dataclasses import dataclass, field

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.moderated_kinds import Subject
from app.data.reads import Listing, fetch, list_rows
from app.data.reads.filters import Filters, equal
from app.data.reads.read_request import ReadRequest
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import DuplicateRecord, InvalidInput, LoginRequired, NotFound, RuleViolated
from app.identity.appeal_tokens import AppealTokenRefused, read
from app.runtime import runtime
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.acts import undo_all
from blueprints.platform.moderation.cases import close_case, join_case, refuse_taken, weigh
from blueprints.platform.moderation.counters import PENDING, count, next_number
from blueprints.platform.moderation.models import Act, Appeal, Case, Strike
from blueprints.platform.moderation.moderators import other_moderators, require_moderator
from blueprints.platform.moderation.rules import NOBODY
from blueprints.platform.moderation.strikes import bears, find_strike, revoke

APPEAL_FILTERS = Filters((equal(Appeal.state),))
_NEWEST_FIRST = (Appeal.number.desc(), Appeal.id.desc())


@dataclass(frozen=True, slots=True)
class Decision:
    """A decided appeal: the acts that were undone for it, and a sentence for each thing that cannot come back."""

    appeal: Appeal
    undone: list[Act] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def appeal(actor: Actor, *, text: str, strike_number: int | None = None, token: str | None = None,
           id: str | None = None) -> Appeal:
    """Appeal against an own strike, which opens a case; `token` stands for a login, and names the strike by itself.

    Raises LoginRequired without either, InvalidInput without token and number, NotFound also for a foreign strike,
    RuleViolated AppealTokenRefused, LeftNoStrike, AlreadyAppealed (one a strike), StrikeRevoked, AppealTooLate
    (APPEAL_DAYS)."""
    person_id, strike_number = _appellant(actor, strike_number, token)
    with unit_of_work(actor) as work:
        strike = work.lock(Strike, find_strike(actor.realm, strike_number))
        if strike.person_id != person_id:
            raise NotFound
        _refuse_appeal(work, strike)
        struck = work.get(Case, strike.case_id)
        case, _ = join_case(
            work, kind="APPEAL", entity_type=struck.entity_type, entity_id=struck.entity_id, parent=struck,
            subject=Subject(f"Appeal against s{strike.number}", person_id, {"strike": strike.number, "text": text}))
        made = work.insert(Appeal(
            id=id, realm=actor.realm, number=next_number(work, "appeal"), strike_id=strike.id,
            strike_number=strike.number, case_id=case.id, person_id=person_id, text=text, state="OPEN",
            is_own_strike=False))
        weigh(work, case, struck.worst, reports=0)
        count(work, PENDING, 1)
        work.commit()
    return made


def decide(actor: Actor, number: int, *, granted: bool, reason: str) -> Decision:
    """Decide an appeal: granted, every act that left the strike is undone, and the strike is revoked.

    The same decision again returns the one that stands. Raises NotFound, Forbidden (no active member of staff),
    RuleViolated: AppealDecided, CaseTaken, OwnAppeal, OwnStrike (M-14)."""
    require_moderator(actor)
    wanted = "GRANTED" if granted else "DENIED"
    with unit_of_work(actor) as work:
        case, acts, strike, found = _locked(work, number, with_acts=granted)
        if found.state != "OPEN":
            if (found.state, found.decided_by) != (wanted, actor.user_id or NOBODY):
                raise RuleViolated("AppealDecided", f"Appeal p{number} was {found.state.lower()} already")
            decision = Decision(found)
        else:
            refuse_taken(actor, case)
            own = _is_own_strike(actor, strike)
            work.change(found, state=wanted, reason=reason, decided_at=now(), decided_by=actor.user_id or NOBODY,
                        is_own_strike=own)
            decision = Decision(found, acts, _grant(work, strike, acts, reason) if granted else [])
            close_case(work, case, "RESOLVED" if granted else "DISMISSED", reason=reason)
            audit.note(work, f"appeal.{wanted.lower()}", number=number, strike=strike.number, isOwnStrike=own,
                       acts=[act.number for act in acts], lost=decision.lost, reason=reason)
            count(work, PENDING, -1)
        work.commit()
    return decision


def list_appeals(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the actor's own appeals, for staff of all, the newest first.

    Staff read, too, who decided, and whether it was the one who struck (M-14)."""
    mine = () if actor.is_staff else (Appeal.person_id == str(actor.user_id),)
    listing = list_rows(Appeal, asked.page, Appeal.realm == actor.realm, *mine, *asked.where, order=_NEWEST_FIRST)
    if actor.is_staff and listing.rows:
        ids = [row["id"] for row in listing.rows]
        more = {row.id: {"decidedBy": row.decided_by, "isOwnStrike": row.is_own_strike} for row in fetch(
            select(Appeal.id, Appeal.decided_by, Appeal.is_own_strike).where(Appeal.id.in_(ids)))}
        listing.rows = [row | more[row["id"]] for row in listing.rows]
    return listing


def _appellant(actor: Actor, strike_number: int | None, token: str | None) -> tuple[str, int]:
    """Return who appeals against which strike: those of the token, else who is logged in and what is named."""
    if token is None:
        if actor.user_id is None:
            raise LoginRequired("errMsg_createAppealRequiresLogin")
        if strike_number is None:
            raise InvalidInput("strikeNumber: required without a token", detail={"strikeNumber": "required"})
        return actor.user_id, strike_number
    try:
        grant = read(runtime().settings.secret_key, actor.realm, token)
    except AppealTokenRefused as error:
        raise RuleViolated("AppealTokenRefused", "The token is none of ours, or the time to appeal is over") from error
    rows = fetch(select(Act.strike_number).where(Act.id == grant.act_id, Act.realm == actor.realm))
    if not rows or strike_number not in (None, rows[0].strike_number):
        raise NotFound
    if rows[0].strike_number is None:
        raise RuleViolated("LeftNoStrike", "What was done left no strike; it cannot be appealed against")
    return grant.person_id, int(rows[0].strike_number)


def _refuse_appeal(work: UnitOfWork, strike: Strike) -> None:
    if work.find(Appeal, Appeal.strike_id == strike.id) is not None:
        raise DuplicateRecord(*Appeal.__duplicates__["uq_moderation_appeal_strike"])
    if strike.state == "REVOKED":
        raise RuleViolated("StrikeRevoked", f"Strike s{strike.number} stands no more")
    if strike.appeal_until <= now():
        raise RuleViolated("AppealTooLate", f"The time to appeal against s{strike.number} is over")


def _locked(work: UnitOfWork, number: int, *, with_acts: bool) -> tuple[Case, list[Act], Strike, Appeal]:
    """Return the appeal, its case, its strike and the standing acts that left it, locked in their order."""
    realm = work.actor.realm
    found = work.rows(select(Appeal.id, Appeal.case_id, Appeal.strike_id).where(
        Appeal.realm == realm, Appeal.number == number))
    if not found:
        raise NotFound
    appeal_id, case_id, strike_id = found[0]
    case = work.lock(Case, case_id)
    left = bears(work.get(Strike, strike_id))
    acts = work.all(select(Act).where(left, Act.state == "STANDING").order_by(Act.id), lock=True) if with_acts else []
    return case, acts, work.lock(Strike, strike_id), work.lock(Appeal, appeal_id)


def _is_own_strike(actor: Actor, strike: Strike) -> bool:
    """Return whether the actor decides over an own strike for want of another moderator, and refuse it else."""
    me = actor.user_id or NOBODY
    if me == strike.person_id:
        raise RuleViolated("OwnAppeal", "Nobody decides an appeal of their own")
    if me != strike.struck_by:
        return False
    if other_moderators(actor.realm, strike.struck_by, strike.person_id):
        raise RuleViolated("OwnStrike", "Who struck does not decide while another moderator can")
    return True


def _grant(work: UnitOfWork, strike: Strike, acts: list[Act], reason: str) -> list[str]:
    said = f"appeal against s{strike.number} granted: {reason}"
    revoke(work, strike, reason=said)
    return undo_all(work, acts, reason=said)

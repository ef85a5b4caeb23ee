"""The writes of networking: one state machine for each pair of people (rules-network §5C, network.md NET-1…8).

Both accounts are shared first, so that a block or suspension is before or after it; then both people are locked in the
order of their ids, and everything between them, and every limit of each, is decided in turn."""
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import cast

from sqlalchemy import Select, and_, delete, or_, select, tuple_, union

from app.actor import Actor
from app.clock import now
from app.data.batches import purge
from app.data.columns import iso
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.upserts import upsert
from app.errors import Forbidden, InvalidInput, NotFound, RuleViolated, TooManyRequests
from app.identity.access import require
from app.runtime import runtime
from blueprints.network.networking.entitlements import Entitlements
from blueprints.network.networking.models import IS_PENDING, Connection, ConnectionRequest, InvitationBar, Person
from blueprints.network.networking.rules import (
    ACCEPTED,
    ANSWERS,
    MONTH,
    PENDING,
    WEEK,
    is_closed_to,
    is_expired,
    seconds_until_free,
    sorted_pair,
)
from blueprints.network.networking.ties import are_tied, lock_known, lock_people, tie, tie_all, untie
from blueprints.platform.auth.lending import share_accounts
from blueprints.platform.people.commands import NO_SUCH_USER
from blueprints.platform.people.queries import inactive_among, is_blocked_between

_EXISTS = ("ConnectionRequestExists", "Active connection request already exists.")
_ONESELF = ("ConnectsToOneself", "Cannot connect to yourself.")
_SMALLER = 20
"""By how much smaller than usual batches are that lock as many people as they have rows."""


def invite(actor: Actor, *, receiver_user_id: str, message: str | None = None,
           id: str | None = None) -> ConnectionRequest:
    """Ask another person to connect (119); the request is pending, whatever else was sent.

    Raises RuleViolated (ConnectsToOneself, UsersAlreadyConnected, ConnectionRequestExists, ReinviteTooSoon,
    TooManyInvitationNotes), NotFound (unknown, inactive, blocked), Forbidden (AccountInactive), TooManyRequests."""
    if actor.is_user(receiver_user_id):
        raise RuleViolated(*_ONESELF)
    sender = str(actor.user_id)
    with unit_of_work(actor) as work:
        me, other = _lock_pair(work, sender, receiver_user_id)
        _refuse_unreachable(actor, sender, receiver_user_id)
        if are_tied(work, me, other):
            raise RuleViolated("UsersAlreadyConnected", "Users are already connected.")
        _refuse_second_request(work, sender, receiver_user_id)
        moment, (low, high) = now(), sorted_pair(sender, receiver_user_id)
        _refuse_too_many(work, sender, moment, with_note=message is not None)
        request = work.insert(ConnectionRequest(
            id=id, sender_user_id=sender, receiver_user_id=receiver_user_id, sent_at=moment, status=PENDING,
            message=message, low=low, high=high,
            expires_at=moment + timedelta(days=runtime().settings.invitation_days)))
        work.commit()
    return request


def answer_request(actor: Actor, request_id: str, *, status: str) -> ConnectionRequest:
    """Accept or reject a pending request as its receiver (126); accepting connects the two (decision 17).

    Raises NotFound, InvalidInput (pending is no answer), Forbidden (not the receiver, AccountInactive), RuleViolated
    (RequestAnswered, InvitationExpired, TooManyConnections)."""
    with unit_of_work(actor) as work:
        known = work.get(ConnectionRequest, request_id)
        if status not in ANSWERS:
            said = f"expected one of {', '.join(ANSWERS)}"
            raise InvalidInput(f"status: {said}", detail={"status": said})
        sender, receiver = _lock_pair(work, known.sender_user_id, known.receiver_user_id)
        request = work.lock(ConnectionRequest, request_id)
        require(actor.is_super_admin or actor.is_user(request.receiver_user_id),
                "Only the receiver can accept/reject this request.")
        moment = now()
        if request.status != PENDING:
            raise RuleViolated("RequestAnswered", "Request already responded to.")
        if is_expired(request.expires_at, moment):
            raise RuleViolated("InvitationExpired", "The invitation has expired.")
        work.change(request, status=status, responded_at=moment)
        if status == ACCEPTED:
            _refuse_unreachable(actor, receiver.user_id, sender.user_id)
            _connect(work, sender, receiver, moment)
        else:
            _bar(work, request)
        work.commit()
    return request


def delete_request(actor: Actor, request_id: str) -> ConnectionRequest:
    """Withdraw or remove a request, whatever its state, as its sender or receiver (121); no connection is touched.

    Of a pending one the sender is barred from inviting the receiver for a while (NET-1). Raises NotFound, Forbidden."""
    with unit_of_work(actor) as work:
        known = work.get(ConnectionRequest, request_id)
        is_party = actor.user_id in (known.sender_user_id, known.receiver_user_id)
        require(actor.is_super_admin or is_party, "Unauthorized to delete this request.")
        lock_people(work, {known.sender_user_id, known.receiver_user_id})
        request = work.lock(ConnectionRequest, request_id)
        if is_party:
            _bar_if_pending(work, request)
        work.archive(request)
        work.commit()
    return request


def connect(actor: Actor, *, user_id1: str, user_id2: str, id: str | None = None) -> Connection:
    """Return the connection of two people (118, NET-3): an accepted request has made it, and none is made here.

    Raises RuleViolated (ConnectsToOneself), Forbidden (neither of them, or not connected)."""
    if user_id1 == user_id2:
        raise RuleViolated(*_ONESELF)
    require(actor.is_super_admin or actor.user_id in (user_id1, user_id2))
    with unit_of_work(actor) as work:
        connection = work.first(_connections(user_id1, {user_id2}))
        require(connection is not None, "errMsg_NoAcceptedConnectionRequest")
        work.commit()
    return cast(Connection, connection)


def disconnect(actor: Actor, connection_id: str) -> Connection:
    """Break a connection as one of its people (120); the requests that made it go with it, and nobody is barred.

    Raises NotFound, Forbidden."""
    with unit_of_work(actor) as work:
        known = work.get(Connection, connection_id)
        require(actor.is_super_admin or actor.user_id in (known.user_id1, known.user_id2))
        people = lock_people(work, {known.user_id1, known.user_id2})
        for request in work.all(_requests(known.user_id1, {known.user_id2}), lock=True):
            if request.status == ACCEPTED:
                work.archive(request)
        connection = work.lock(Connection, connection_id)
        _cut(work, connection, people)
        work.commit()
    return connection


def import_connections(actor: Actor, wanted: Mapping[str, tuple[str, str]]) -> int:
    """Connect many pairs of people at once, without a request: connection id → both (`flask demo import-graph`).

    What had that id before is left alone, cut or not, and so is who is connected. Returns how many are made; raises
    RuleViolated (TooManyConnections)."""
    with unit_of_work(actor) as work:
        known = {row.id for row in work.rows(select(Connection.id).where(Connection.id.in_(wanted)))}
        fresh = {sorted_pair(*pair): id for id, pair in wanted.items() if id not in known}
        people = lock_people(work, {one for pair in fresh for one in pair})
        made = tie_all(work, people, fresh)
        _refuse_full({people[one] for pair in made for one in pair}, 0)
        moment = now()
        for low, high in made:
            work.insert(Connection(id=fresh[low, high], user_id1=low, user_id2=high, connected_since=moment))
        work.commit()
    return len(made)


def part(work: UnitOfWork, user_id: str, others: Collection[str]) -> None:
    """Cut whatever ties a person to others, connections and requests; what was pending bars its sender as a refusal.

    Nobody who invites shares their accounts meanwhile: who has no number has nothing to cut."""
    people = lock_known(work, {user_id, *others})
    if user_id not in people or len(people) < 2:
        return
    for request in work.all(_requests(user_id, others), lock=True):
        _bar_if_pending(work, request)
        work.archive(request)
    for connection in work.all(_connections(user_id, others), lock=True):
        _cut(work, connection, people)


def part_from_all(actor: Actor, user_id: str, cause: str | None = None) -> None:
    """Cut all that ties a person who is gone for good to others, in batches; `cause` is the request of his end."""
    purge(actor, lambda size: _bound_to(user_id, size // _SMALLER), partial(_part_for, user_id, cause))


def expire_requests(actor: Actor) -> int:
    """Remove pending requests that nobody answered in time, and bars that have ended; returns how many requests.

    It tidies up: nothing depends on it (NET-5)."""
    moment = now()
    purge(actor, partial(_ended_bars, moment), _drop_bars)
    return purge(actor, partial(_late_requests, moment), _archive_late)


def _lock_pair(work: UnitOfWork, one: str, other: str) -> tuple[Person, Person]:
    """Share both accounts and lock both people; raises NotFound where there is no such account."""
    if share_accounts(work, {one, other}) != {one, other}:
        raise NotFound(NO_SUCH_USER)
    people = lock_people(work, {one, other})
    return people[one], people[other]


def _refuse_unreachable(actor: Actor, me: str, other: str) -> None:
    """Refuse while `me` may not act, or the other is not there for him; both accounts are shared by now."""
    inactive = inactive_among(actor.realm, {me, other})
    if me in inactive:
        raise Forbidden("errMsg_AccountInactive", "AccountInactive")
    if inactive or is_blocked_between(actor.realm, me, other):
        raise NotFound(NO_SUCH_USER)


def _refuse_second_request(work: UnitOfWork, sender: str, receiver: str) -> None:
    """Refuse while a request of the two waits or the sender's former one stands, or a bar is not over.

    One that has expired is removed on the way, as the job would."""
    standing = {request.status: request for request in work.all(_requests(sender, {receiver}), lock=True)
                if request.status == PENDING or request.sender_user_id == sender}
    pending = standing.get(PENDING)
    if pending is not None and is_expired(pending.expires_at, now()):
        work.archive(standing.pop(PENDING))
        work.flush()
    elif pending is not None:
        raise RuleViolated(*_EXISTS)
    bars = work.rows(select(InvitationBar.until).where(
        InvitationBar.sender_id == sender, InvitationBar.receiver_id == receiver))
    if bars and is_closed_to(bars[0].until, now()):
        raise RuleViolated("ReinviteTooSoon", "This person can be invited again later.",
                           {"until": iso(bars[0].until)})
    if standing:
        raise RuleViolated(*_EXISTS)


def _refuse_too_many(work: UnitOfWork, sender: str, moment: datetime, *, with_note: bool) -> None:
    """Refuse what is beyond the limits of the last seven and thirty days (NET-6); the sender is locked by now."""
    settings = runtime().settings
    sent = select(ConnectionRequest.sent_at).where(ConnectionRequest.sender_user_id == sender).order_by(
        ConnectionRequest.sent_at.desc())
    week = work.rows(sent.where(ConnectionRequest.sent_at > moment - WEEK).limit(settings.invitations_per_week))
    if len(week) == settings.invitations_per_week:
        raise TooManyRequests("Too many invitations in the last seven days",
                              seconds_until_free(week[-1].sent_at, WEEK, moment), "TooManyInvitations")
    if not with_note or runtime().part(Entitlements).is_premium(sender):
        return
    noted = sent.where(ConnectionRequest.sent_at > moment - MONTH, ConnectionRequest.message.is_not(None))
    if len(work.rows(noted.limit(settings.notes_per_month))) == settings.notes_per_month:
        raise RuleViolated("TooManyInvitationNotes", "No more invitations with a note within thirty days")


def _connect(work: UnitOfWork, one: Person, other: Person, moment: datetime) -> None:
    """Connect two locked people, who may be so already; raises RuleViolated (TooManyConnections)."""
    if are_tied(work, one, other):
        return
    _refuse_full((one, other), 1)
    low, high = sorted_pair(one.user_id, other.user_id)
    work.insert(Connection(user_id1=low, user_id2=high, connected_since=moment))
    tie(work, one, other)


def _refuse_full(people: Collection[Person], more: int) -> None:
    """Refuse when one of these people would have too many connections with so many more."""
    most = runtime().settings.connections_per_person
    if any(person.ties + more > most for person in people):
        raise RuleViolated("TooManyConnections", f"A person has {most} connections at most")


def _cut(work: UnitOfWork, connection: Connection, people: Mapping[str, Person]) -> None:
    work.archive(connection)
    untie(work, people[connection.user_id1], people[connection.user_id2])


def _bar_if_pending(work: UnitOfWork, request: ConnectionRequest) -> None:
    """Bar the sender of a pending request that ends without being accepted; an expired one bars nobody (NET-5)."""
    if request.status == PENDING and not is_expired(request.expires_at, now()):
        _bar(work, request)


def _bar(work: UnitOfWork, request: ConnectionRequest) -> None:
    until = now() + timedelta(days=runtime().settings.reinvite_days)
    insert = upsert(InvitationBar).values(
        sender_id=request.sender_user_id, receiver_id=request.receiver_user_id, until=until)
    work.execute(insert.on_conflict_do_update(
        index_elements=(InvitationBar.sender_id, InvitationBar.receiver_id), set_={"until": until}))


def _requests(user_id: str, others: Collection[str]) -> Select[ConnectionRequest]:
    """Return the query of the requests that stand between a person and others, in the order of locks."""
    sender, receiver = ConnectionRequest.sender_user_id, ConnectionRequest.receiver_user_id
    return select(ConnectionRequest).where(ConnectionRequest.is_active.is_(True), or_(
        and_(sender == user_id, receiver.in_(others)), and_(receiver == user_id, sender.in_(others)))).order_by(
        ConnectionRequest.id)


def _connections(user_id: str, others: Collection[str]) -> Select[Connection]:
    """Return the query of the connections of a person with others, in the order of locks."""
    low, high = Connection.user_id1, Connection.user_id2
    return select(Connection).where(Connection.is_active.is_(True), or_(
        and_(low == user_id, high.in_(others)), and_(high == user_id, low.in_(others)))).order_by(Connection.id)


def _bound_to(user_id: str, size: int) -> list[str]:
    """Return some of the people to whom a person is bound by a connection or a request."""
    sides = ((ConnectionRequest, ConnectionRequest.sender_user_id, ConnectionRequest.receiver_user_id),
             (Connection, Connection.user_id1, Connection.user_id2))
    bound = union(*(select(other.label("user_id")).where(mine == user_id, model.is_active.is_(True))
                    for model, *pair in sides for mine, other in (pair, pair[::-1]))).subquery()
    rows = fetch(select(bound.c.user_id).limit(size))
    return [row[0] for row in rows]


def _part_for(user_id: str, cause: str | None, work: UnitOfWork, others: Sequence[str]) -> None:
    with work.acting_for(work.actor, cause):
        part(work, user_id, others)


def _late_requests(moment: datetime, size: int) -> list[str]:
    rows = fetch(select(ConnectionRequest.id).where(IS_PENDING, ConnectionRequest.expires_at <= moment)
                 .order_by(ConnectionRequest.expires_at).limit(size))
    return [row.id for row in rows]


def _archive_late(work: UnitOfWork, request_ids: Sequence[str]) -> None:
    """Archive those of the requests that still wait, in the order of locks."""
    late = select(ConnectionRequest).where(ConnectionRequest.id.in_(request_ids), IS_PENDING).order_by(
        ConnectionRequest.id)
    work.change_all(work.all(late, lock=True), is_active=False)


def _ended_bars(moment: datetime, size: int) -> list[tuple[str, str]]:
    rows = fetch(select(InvitationBar.sender_id, InvitationBar.receiver_id).where(InvitationBar.until <= moment)
                 .limit(size))
    return [(row.sender_id, row.receiver_id) for row in rows]


def _drop_bars(work: UnitOfWork, pairs: Sequence[tuple[str, str]]) -> None:
    both = tuple_(InvitationBar.sender_id, InvitationBar.receiver_id)
    work.execute(delete(InvitationBar).where(both.in_(pairs), InvitationBar.until <= now()))

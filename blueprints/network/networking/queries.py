"""The reads of networking: one's own connections and requests, and the graph between people (rules-network §5B)."""
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, func, select, union_all

from app.actor import Actor
from app.clock import now
from app.data.id_sets import among, is_in_rows, not_among
from app.data.reads import Listing, fetch, fetch_one, get_row, list_query, list_rows
from app.data.reads.filters import Filters, equal
from app.data.reads.keyset import position_cursor, position_of, row_order
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.errors import NotFound, RuleViolated
from app.identity.access import require
from blueprints.network.networking import graph
from blueprints.network.networking.models import Connection, ConnectionRequest, InvitationBar, Person, Tie
from blueprints.network.networking.rules import STATUSES
from blueprints.network.networking.ties import is_tied, number_in_query, number_of
from blueprints.platform.people.briefs import user_briefs
from blueprints.platform.people.queries import (
    blocked_with,
    inactive_among,
    is_blocked_between,
    is_hidden,
    not_hidden,
    people_at_rest,
)

REQUEST_FILTERS = Filters((equal(ConnectionRequest.status),))
_SUGGESTED = "networking suggestions"
_WITHOUT_TIES = (0, 0)
"""The numbers of two people who were never connected: nobody has them, and what is asked of them is still checked."""
_BOTH_SIDES = ((ConnectionRequest.sender_user_id, ConnectionRequest.receiver_user_id),
               (ConnectionRequest.receiver_user_id, ConnectionRequest.sender_user_id))
_BOTH_BARRED = ((InvitationBar.sender_id, InvitationBar.receiver_id),
                (InvitationBar.receiver_id, InvitationBar.sender_id))

degree_between = graph.degree_between
degrees_from = graph.degrees_from


def connected_people(user_id: str) -> Select[str]:
    """Return the query of the user ids of everybody this person is connected with."""
    return select(Person.user_id).join(Tie, Tie.b == Person.num).where(Tie.a == number_in_query(user_id))


def is_connected_with(user_id: str | ColumnElement[str], column: Any) -> ColumnElement[bool]:
    """Return the condition that the person in this column is connected with this one, for statements that find few
    rows: it looks up each of them, where `connected_people` is read whole first, however many they are."""
    of_column = select(Person.num).where(Person.user_id == column).correlate_except(Person).scalar_subquery()
    return is_tied(number_in_query(user_id), of_column)


def are_connected(one: str, other: str) -> bool:
    """Return whether two people are connected."""
    return fetch_one(select(Tie.b).where(
        Tie.a == number_in_query(one), Tie.b == number_in_query(other))) is not None


def connection_count(user_id: str) -> int:
    """Return how many connections a person has; a counter is kept."""
    row = fetch_one(select(Person.ties).where(Person.user_id == user_id))
    return int(row.ties) if row else 0


def get_connection(actor: Actor, connection_id: str) -> Wire:
    """Return a connection to one of its two people; raises NotFound, Forbidden."""
    row = get_row(Connection, connection_id)
    require(actor.is_super_admin or actor.user_id in (row["userId1"], row["userId2"]))
    return row


def list_connections(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the actor's own connections, in the order of their ids."""
    me = str(actor.user_id)
    return list_rows(Connection, asked.page, either=(Connection.user_id1 == me, Connection.user_id2 == me),
                     counted=lambda: connection_count(me))


def get_request(actor: Actor, request_id: str) -> Wire:
    """Return a request to its sender or receiver; raises NotFound, Forbidden.

    While its sender is not there for the receiver, neither is what he wrote (NET-8)."""
    row = get_row(ConnectionRequest, request_id)
    sender, receiver = row["senderUserId"], row["receiverUserId"]
    require(actor.is_super_admin or actor.user_id in (sender, receiver))
    if actor.is_user(receiver) and is_hidden(actor, sender):
        raise NotFound
    return row


def list_requests(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the requests the actor sent or received, in the order of their ids."""
    sent = ConnectionRequest.sender_user_id == actor.user_id
    received = and_(ConnectionRequest.receiver_user_id == actor.user_id,
                    not_hidden(ConnectionRequest.sender_user_id, actor))
    return list_rows(ConnectionRequest, asked.page, *asked.where, either=[
        and_(side, ConnectionRequest.status == status) for side in (sent, received) for status in STATUSES])


def get_degree(actor: Actor, user_id: str) -> Wire:
    """Return {id, userId, degree}: how many hops away this person is, 1, 2, 3, or null for more.

    Raises RuleViolated (DegreeToOneself), NotFound (unknown, inactive, blocked: NET-7, NET-8)."""
    _refuse_oneself(actor, user_id, "DegreeToOneself", "There is no degree to oneself")
    _refuse_no_end(actor, user_id)
    return {"id": user_id, "userId": user_id, "degree": degree_between(str(actor.user_id), user_id)}


def list_mutual_connections(actor: Actor, asked: ReadRequest, user_id: str) -> Listing:
    """Return a page of the people connected with both the actor and this person; hidden ones are left out.

    Raises as get_degree."""
    _refuse_oneself(actor, user_id, "MutualWithOneself", "There are no mutual connections with oneself")
    _refuse_no_end(actor, user_id)
    ends = sorted(graph.ends_of((str(actor.user_id), user_id)).values(), key=lambda end: end.ties)
    near, far = (end.num for end in ends) if len(ends) == 2 else _WITHOUT_TIES
    friends, table = graph.friends_of_both(near, far)
    listing = list_query(friends.where(_may_be_end(actor)), row_order(table.c.b), asked.page,
                         lambda row: {"id": row.user_id, "userId": row.user_id})
    return _with_briefs(actor, asked, listing)


def list_suggestions(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of people the actor may know: {id, userId, mutualConnections}, who shares most friends first.

    Left out are connections, who invited the actor or was invited by him, who of the two may not invite the other yet,
    and who is hidden. Beside the rows `approximate` says whether the friends of all friends were counted."""
    skipped = asked.page.offset if asked.page.after is None else position_of(_SUGGESTED, asked.page.after)
    me = number_of(str(actor.user_id))
    if me is None:
        return Listing([], 0, asked.page, extras={"approximate": False})
    ranked_friends, approximate = graph.friends_of_friends(me)
    ranked = ranked_friends.subquery("ranked")
    query = select(ranked.c.num, ranked.c.shared, func.count().over().label("total")).where(
        ranked.c.num != me, ranked.c.num.not_in(select(Tie.b).where(Tie.a == me)),
        ranked.c.num.not_in(_not_suggested(actor))).order_by(ranked.c.shared.desc(), ranked.c.num)
    found = fetch(query.limit(asked.page.rows + 1).offset(skipped))
    counted = found or fetch(query.limit(1))  # behind the end no row says how many there are
    shown = {row.num: row.shared for row in found[:asked.page.rows]}
    people = {row.num: row.user_id for row in fetch(select(Person.num, Person.user_id).where(Person.num.in_(shown)))}
    rows = [{"id": people[num], "userId": people[num], "mutualConnections": shared} for num, shared in shown.items()]
    following = position_cursor(_SUGGESTED, skipped + len(rows)) if len(found) > len(rows) else None
    listing = Listing(rows, counted[0].total if counted else 0, asked.page, following,
                      extras={"approximate": approximate})
    return _with_briefs(actor, asked, listing)


def _refuse_oneself(actor: Actor, user_id: str, code: str, message: str) -> None:
    if actor.is_user(user_id):
        raise RuleViolated(code, message)


def _refuse_no_end(actor: Actor, user_id: str) -> None:
    """Refuse who is no end of a path for the actor, whatever his role: inactive, or blocked with him."""
    if inactive_among(actor.realm, [user_id]) or is_blocked_between(actor.realm, str(actor.user_id), user_id):
        raise NotFound("User not found")


def _may_be_end(actor: Actor) -> ColumnElement[bool]:
    """Return the same as a condition on people."""
    return and_(not_among(Person.user_id, people_at_rest(actor.realm)),
                Person.user_id.not_in(blocked_with(actor.realm, actor.user_id)))


def _not_suggested(actor: Actor) -> CompoundSelect[int]:
    """Return the query of the numbers of a few people: hidden ones; whom the actor invited or was invited by, or who of
    the two may not invite the other yet."""
    me, moment = actor.user_id, now()
    left_out: CompoundSelect[str] = union_all(
        blocked_with(actor.realm, me),
        *(select(other).where(mine == me, ConnectionRequest.is_active.is_(True)) for mine, other in _BOTH_SIDES),
        *(select(other).where(mine == me, InvitationBar.until > moment) for mine, other in _BOTH_BARRED))
    numbers = select(Person.num)  # as two queries: of `or_` PostgreSQL would ask all people
    return union_all(numbers.where(among(Person.user_id, people_at_rest(actor.realm))),
                     numbers.where(is_in_rows(Person.user_id, left_out)))


def _with_briefs(actor: Actor, asked: ReadRequest, listing: Listing) -> Listing:
    """Add the brief of each person, in one statement for all rows; what is listed is no data object."""
    if asked.joins and not asked.local_only:
        briefs = user_briefs(actor.realm, [row["userId"] for row in listing.rows])
        for row in listing.rows:
            row["user"] = briefs.get(row["userId"])
    return listing

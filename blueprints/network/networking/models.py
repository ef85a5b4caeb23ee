"""The tables of networking (rules-network §5A), and what they are counted and walked by (network.md, Tables).

A tie stands twice, once in each direction and by small numbers: degrees, mutual connections and suggestions walk it."""
from datetime import datetime

from sqlalchemy import Index, Integer, String, and_
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant, choice, constant, identifier, instant, string
from app.data.entity import Base, Entity
from app.data.held import Holdable
from app.data.short_ids import short_id_index
from blueprints.network.networking.rules import STATUSES


class Person(Base):
    """A user as the graph knows him: a small number that is never given anew, and how many connections he has.

    Who was never invited nor invited anybody has none. Behind the rows of both, locked in the order of their ids,
    everything between two people happens in turn."""

    __tablename__ = "network_person"
    __realm__ = "network"
    __lock_rank__ = 400
    __table_args__ = {"sqlite_autoincrement": True}
    __changed_with__ = ("rows:connection",)

    num: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    user_id: Mapped[str] = mapped_column(String(36))
    ties: Mapped[int] = mapped_column(Integer, default=0)


class Tie(Base):
    """One direction of a connection, by the numbers of both; written and removed with it."""

    __tablename__ = "network_tie"
    __realm__ = "network"
    __table_args__ = {"sqlite_with_rowid": False}
    __changed_with__ = ("rows:connection",)

    a: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    b: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


class ConnectionRequest(Holdable, Entity):
    """An invitation from one person to another; `low` and `high` are both ids in order.

    Whose note staff hide stands for its sender alone; nobody is told, and nobody accepts it."""

    __tablename__ = "network_connection_request"
    __service__ = "networking"
    __object__ = "connectionRequest"
    __realm__ = "network"
    __lock_rank__ = 404
    __owner__ = "sender_user_id"
    __duplicates__ = dict.fromkeys(
        ("uq_network_connection_request_pending", "uq_network_connection_request_pair"),
        ("ConnectionRequestExists", "Active connection request already exists."))

    receiver_user_id: Mapped[str] = identifier(required=True)
    sender_user_id: Mapped[str] = identifier(required=True)
    sent_at: Mapped[datetime] = instant(required=True)
    status: Mapped[str] = choice(STATUSES)
    responded_at: Mapped[datetime | None] = instant()
    message: Mapped[str | None] = string()

    low: Mapped[str] = identifier(required=True, hidden=True)
    high: Mapped[str] = identifier(required=True, hidden=True)
    expires_at: Mapped[datetime] = instant(required=True, hidden=True)


class Connection(Entity):
    """Two people who know each other: one row for both, the lower id first."""

    __tablename__ = "network_connection"
    __service__ = "networking"
    __object__ = "connection"
    __realm__ = "network"
    __lock_rank__ = 406
    __duplicates__ = {"uq_network_connection_pair": ("UsersAlreadyConnected", "Users are already connected.")}

    connected_since: Mapped[datetime] = instant(required=True)
    user_id1: Mapped[str] = identifier(required=True)
    user_id2: Mapped[str] = identifier(required=True)


class InvitationBar(Base):
    """Until when somebody may not invite somebody again: after a withdrawal or a refusal (NET-1)."""

    __tablename__ = "network_invitation_bar"
    __realm__ = "network"

    sender_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    receiver_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    until: Mapped[datetime] = mapped_column(Instant)


# The same condition in the indexes and in the queries that stand on them.
IS_PENDING = and_(ConnectionRequest.is_active.is_(True), ConnectionRequest.status == constant("pending"))
_STANDS, _CONNECTED = ConnectionRequest.is_active.is_(True), Connection.is_active.is_(True)

Index("uq_network_person_user", Person.user_id, unique=True)
Index("uq_network_connection_request_pending", ConnectionRequest.low, ConnectionRequest.high, unique=True,
      sqlite_where=IS_PENDING, postgresql_where=IS_PENDING)
Index("uq_network_connection_request_pair", ConnectionRequest.sender_user_id, ConnectionRequest.receiver_user_id,
      unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS)
Index("ix_network_connection_request_sent", ConnectionRequest.sender_user_id, ConnectionRequest.status,
      ConnectionRequest.id, sqlite_where=_STANDS, postgresql_where=_STANDS)
Index("ix_network_connection_request_received", ConnectionRequest.receiver_user_id, ConnectionRequest.status,
      ConnectionRequest.id, sqlite_where=_STANDS, postgresql_where=_STANDS)
Index("ix_network_connection_request_expiry", ConnectionRequest.expires_at,
      sqlite_where=IS_PENDING, postgresql_where=IS_PENDING)
# Withdrawn and refused ones count, too: of a week as invitations, of a month as notes (NET-6).
Index("ix_network_connection_request_counted", ConnectionRequest.sender_user_id, ConnectionRequest.sent_at)
Index("uq_network_connection_pair", Connection.user_id1, Connection.user_id2, unique=True,
      sqlite_where=_CONNECTED, postgresql_where=_CONNECTED)
Index("ix_network_connection_of_lower", Connection.user_id1, Connection.id,
      sqlite_where=_CONNECTED, postgresql_where=_CONNECTED)
Index("ix_network_connection_of_higher", Connection.user_id2, Connection.id,
      sqlite_where=_CONNECTED, postgresql_where=_CONNECTED)
Index("ix_network_invitation_bar_receiver", InvitationBar.receiver_id)
Index("ix_network_invitation_bar_until", InvitationBar.until)
short_id_index(ConnectionRequest)

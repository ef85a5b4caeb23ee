"""networking as one declaration."""
from app.data.moderated_kinds import ModeratedKind
from app.data.person_rows import ERASED, exported, rows_of_people
from app.data.reads.joins import Relation, relations_of
from app.ops.mends import Mend
from app.service import ServiceDeclaration
from blueprints.network.networking import jobs, subscribers
from blueprints.network.networking.checks import check_ties, mend_ties
from blueprints.network.networking.commands import part, part_from_all
from blueprints.network.networking.index import READABLE
from blueprints.network.networking.models import Connection, ConnectionRequest, InvitationBar, Person
from blueprints.network.networking.moderation import (
    INVITATION,
    hold_invitation,
    invitation_subject,
)
from blueprints.network.networking.topics import REQUEST_CREATED
from blueprints.platform.people.blocking import OnBlock

SERVICE = ServiceDeclaration(
    name="networking", version="1.0.9",
    description="Invitations and connections, how far people are from each other, and whom they may know.",
    realms=("network",),
    routes="blueprints.network.networking.routes.api",
    background=(jobs, subscribers),
    readable=READABLE,
    relations=(
        relations_of(Connection, Relation("userId1", "user", name="user1"), Relation("userId2", "user", name="user2")),
        relations_of(ConnectionRequest, Relation("senderUserId", "user", name="sender"),
                     Relation("receiverUserId", "user", name="receiver")),
    ),
    moderated=(ModeratedKind(INVITATION, ConnectionRequest, read=invitation_subject, set_hold=hold_invitation,
                             written=(REQUEST_CREATED,)),),
    checks={"ties": check_ties},
    mends={"ties": Mend("makes the ties of these people what their connections are, and counts them", mend_ties)},
    persons=(
        rows_of_people(Connection, ERASED, "user_id1", "user_id2", first=part_from_all,
                       export=exported("connections", "user_id1", "user_id2")),
        rows_of_people(ConnectionRequest, ERASED, "sender_user_id", "receiver_user_id",
                       export=exported("invitations", "sender_user_id", "receiver_user_id")),
        rows_of_people(InvitationBar, ERASED, "sender_id", "receiver_id",
                       export="until when no invitation goes out; it would say who declined"),
        rows_of_people(Person, ERASED, "user_id", export="a number in the graph of connections"),
    ),
    hands_down=(OnBlock("network", lambda work, one, other: part(work, one, {other})),),
)

"""URL map of networking (contract documents 118–126; degrees, mutual connections and suggestions are ours)."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.naming import ApiNames
from blueprints.network.networking import commands, queries
from blueprints.network.networking.models import Connection, ConnectionRequest
from blueprints.network.networking.policies import POLICIES
from blueprints.network.networking.schemas import ConnectionRequestChange, NewConnection, NewConnectionRequest
from blueprints.network.sample_functions import sample_functions
from blueprints.platform.people.queries import HIDES_PEOPLE

api = Routes(POLICIES, {
    "getDegree": ApiNames(data_name="degree"),
    "listMutualConnections": ApiNames(data_name="mutualConnections"),
    "listSuggestions": ApiNames(data_name="suggestions")})
api.include(sample_functions("networking"))

_CONNECTION, _REQUEST = "/v1/connections/{connectionId}", "/v1/connectionrequests/{connectionRequestId}"


@api.create("/v1/connections", name="createConnection", body=NewConnection, returns=Connection,
            id_name="connectionId")
def create_connection(actor: Actor, data: dict[str, Any]) -> Connection:
    """Get the connection that an accepted request has made; nobody is connected without one."""
    return commands.connect(actor, **data)


@api.create("/v1/connectionrequests", name="createConnectionRequest", body=NewConnectionRequest,
            returns=ConnectionRequest, id_name="connectionRequestId")
def create_request(actor: Actor, data: dict[str, Any]) -> ConnectionRequest:
    """Ask another person to connect."""
    return commands.invite(actor, **data)


@api.delete(_CONNECTION, name="deleteConnection", returns=Connection)
def delete_connection(actor: Actor, data: dict[str, Any], connection_id: str) -> Connection:
    """Break a connection, as either of the two."""
    return commands.disconnect(actor, connection_id)


@api.delete(_REQUEST, name="deleteConnectionRequest", returns=ConnectionRequest)
def delete_request(actor: Actor, data: dict[str, Any], connection_request_id: str) -> ConnectionRequest:
    """Withdraw a request, as its sender, or remove it, as its receiver."""
    return commands.delete_request(actor, connection_request_id)


@api.get(_CONNECTION, name="getConnection", returns=Connection)
def get_connection(actor: Actor, asked: ReadRequest, connection_id: str) -> Wire:
    """Get a connection of the caller."""
    return queries.get_connection(actor, connection_id)


@api.get(_REQUEST, name="getConnectionRequest", returns=ConnectionRequest)
def get_request(actor: Actor, asked: ReadRequest, connection_request_id: str) -> Wire:
    """Get a request that the caller sent or received."""
    return queries.get_request(actor, connection_request_id)


@api.list("/v1/connectionrequests", name="listConnectionRequests", returns=ConnectionRequest,
          filters=queries.REQUEST_FILTERS, depends_on=HIDES_PEOPLE)
def list_requests(actor: Actor, asked: ReadRequest) -> Listing:
    """List the requests that the caller sent and received."""
    return queries.list_requests(actor, asked)


@api.list("/v1/connections", name="listConnections", returns=Connection)
def list_connections(actor: Actor, asked: ReadRequest) -> Listing:
    """List the connections of the caller."""
    return queries.list_connections(actor, asked)


@api.update(_REQUEST, name="updateConnectionRequest", body=ConnectionRequestChange, returns=ConnectionRequest)
def update_request(actor: Actor, data: dict[str, Any], connection_request_id: str) -> ConnectionRequest:
    """Accept or reject a pending request, as its receiver; accepting connects the two."""
    return commands.answer_request(actor, connection_request_id, **data)


@api.get("/v1/degrees/{userId}", name="getDegree")
def get_degree(actor: Actor, asked: ReadRequest, user_id: str) -> Wire:
    """Get how many hops away a person is: 1, 2 or 3, null for more."""
    return queries.get_degree(actor, user_id)


# What a walk over the graph finds changes with every tie of anybody: it is walked anew, and shows a cut at once.
@api.list("/v1/mutualconnections/{userId}", name="listMutualConnections", cached=False)
def list_mutual_connections(actor: Actor, asked: ReadRequest, user_id: str) -> Listing:
    """List the people whom the caller and a person are both connected with."""
    return queries.list_mutual_connections(actor, asked, user_id)


@api.list("/v1/suggestions", name="listSuggestions", cached=False,
          extras={"approximate": {"type": "boolean", "description": "only friends with few connections were asked"}})
def list_suggestions(actor: Actor, asked: ReadRequest) -> Listing:
    """List people whom the caller may know, those first with whom most connections are shared."""
    return queries.list_suggestions(actor, asked)

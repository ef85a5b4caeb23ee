"""URL map of networking (contract documents 118–126; degrees, mutual connections and suggestions are ours)."""
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

api.create("/v1/connections", commands.connect,
           "Get the connection that an accepted request has made; nobody is connected without one.",
           name="createConnection", body=NewConnection, returns=Connection, id_name="connectionId")
api.create("/v1/connectionrequests", commands.invite, "Ask another person to connect.",
           name="createConnectionRequest", body=NewConnectionRequest, returns=ConnectionRequest,
           id_name="connectionRequestId")
api.delete(_CONNECTION, commands.disconnect, "Break a connection, as either of the two.",
           name="deleteConnection", returns=Connection)
api.delete(_REQUEST, commands.delete_request, "Withdraw a request, as its sender, or remove it, as its receiver.",
           name="deleteConnectionRequest", returns=ConnectionRequest)
api.get(_CONNECTION, queries.get_connection, "Get a connection of the caller.",
        name="getConnection", returns=Connection)
api.get(_REQUEST, queries.get_request, "Get a request that the caller sent or received.",
        name="getConnectionRequest", returns=ConnectionRequest)
api.list("/v1/connectionrequests", queries.list_requests, "List the requests that the caller sent and received.",
         name="listConnectionRequests", returns=ConnectionRequest, filters=queries.REQUEST_FILTERS,
         depends_on=HIDES_PEOPLE)
api.list("/v1/connections", queries.list_connections, "List the connections of the caller.",
         name="listConnections", returns=Connection)
api.update(_REQUEST, commands.answer_request,
           "Accept or reject a pending request, as its receiver; accepting connects the two.",
           name="updateConnectionRequest", body=ConnectionRequestChange, returns=ConnectionRequest)
api.get("/v1/degrees/{userId}", queries.get_degree, "Get how many hops away a person is: 1, 2 or 3, null for more.",
        name="getDegree")

# What a walk over the graph finds changes with every tie of anybody: it is walked anew, and shows a cut at once.
api.list("/v1/mutualconnections/{userId}", queries.list_mutual_connections,
         "List the people whom the caller and a person are both connected with.",
         name="listMutualConnections", cached=False)
api.list("/v1/suggestions", queries.list_suggestions,
         "List people whom the caller may know, those first with whom most connections are shared.",
         name="listSuggestions", cached=False,
         extras={"approximate": {"type": "boolean", "description": "only friends with few connections were asked"}})

"""How connections and requests are read: by their two people."""
from app.data.visibility import ReadObject
from blueprints.network.networking.queries import REQUEST_FILTERS
from blueprints.network.networking.visibility import CONNECTIONS, REQUESTS

READABLE = (
    ReadObject(CONNECTIONS),
    ReadObject(REQUESTS, facets=("status",), filters=REQUEST_FILTERS),
)

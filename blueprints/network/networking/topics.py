"""Topics of networking that others listen to, literal from the contract."""

CONNECTION_CREATED = "linkedin-networking-service-dbevent-connection-created"
CONNECTION_DELETED = "linkedin-networking-service-dbevent-connection-deleted"
REQUEST_CREATED = "linkedin-networking-service-dbevent-connectionrequest-created"
REQUEST_UPDATED = "linkedin-networking-service-dbevent-connectionrequest-updated"

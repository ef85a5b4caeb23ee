"""Topics of networking that others listen to, literal from the contract."""

REQUEST_CREATED = "linkedin-networking-service-dbevent-connectionrequest-created"
REQUEST_UPDATED = "linkedin-networking-service-dbevent-connectionrequest-updated"

"""Topics of people that others listen to; ours, in every realm."""
from app.events.topics import service_topic


def forgotten_topic(realm: str) -> str:
    """Return the topic that says the rows of who is gone for good are erased or nameless; the key is the id."""
    return service_topic(realm, "people", "person-forgotten")

"""What a service says of itself; everything derived from its name (mount, topics) is derived here."""
from dataclasses import dataclass

from app.events.topics import service_topic
from app.settings import REALM_CODENAMES

GUIDES = {"rest-api-guide": "REST API guide", "event-guide": "Event guide", "service-design": "Service design"}
"""The pages that are made of what a service declares (decision 51)."""


@dataclass(frozen=True)
class Service:
    """One service of one realm; `name` is the contract's, e.g. auctionOffer."""

    realm: str
    name: str
    version: str
    description: str
    # Where it is mounted below the realm, when that is not `<name>-api` (bucket, bff-service, notification-service);
    # with a slash at its start, the whole mount of a service that stands outside the realms.
    path: str = ""

    @property
    def codename(self) -> str:
        """Return the realm's wire codename, e.g. ebaycclone."""
        return REALM_CODENAMES[self.realm]

    @property
    def mount(self) -> str:
        """Return the URL prefix (decision 1)."""
        if self.path.startswith("/"):
            return self.path
        return f"/{self.realm}/{self.path or f'{self.name.lower()}-api'}"

    def guide_path(self, guide: str) -> str:
        """Return where a guide of the service is read, one of GUIDES; services outside the realms have none."""
        return f"/{self.realm}/document/{self.name}-service/{guide}"

    def topic(self, short: str) -> str:
        """Return the full topic of the service's own event."""
        return service_topic(self.realm, self.name, short)

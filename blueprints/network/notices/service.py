"""notices as one declaration; the people read what it tells them at the notification service.

What notices ask of the services below (sources.py) is named here, in `hands_down`."""
from app.service import ServiceDeclaration
from blueprints.network.content.queries import author_of_post
from blueprints.network.job_application.queries import posting_facts
from blueprints.network.messaging.queries import participants_of
from blueprints.network.notices import subscribers, subscribers_companies
from blueprints.network.notices.sources import Posting, Sources
from blueprints.network.notices.topics import FOLLOWERS_LEFT
from blueprints.network.notices.words import KINDS


def _posting(posting_id: str) -> Posting | None:
    facts = posting_facts(posting_id)
    return None if facts is None else Posting(*facts)


SERVICE = ServiceDeclaration(
    name="notices", version="1.0.0", description="What the network's people are told of each other.",
    realms=("network",),
    background=(subscribers, subscribers_companies),
    notices=KINDS,
    emits=lambda _: (FOLLOWERS_LEFT,),
    hands_down=(Sources(author_of_post=author_of_post, participants_of=participants_of, posting=_posting),),
)

"""people as one declaration: what other services ask of people, who blocks whom, and what happens at `user-purged`."""
from app.data.person_rows import ERASED, exported, rows_of_people
from app.data.reads.joins import JoinTarget
from app.service import EVERY_REALM, ServiceDeclaration
from blueprints.platform.auth.briefs import BRIEF_USERS, added_to_briefs
from blueprints.platform.people import subscribers
from blueprints.platform.people.briefs import BRIEF, user_briefs
from blueprints.platform.people.index import READABLE
from blueprints.platform.people.models import Block
from blueprints.platform.people.queries import hiding_in
from blueprints.platform.people.topics import forgotten_topic

SERVICE = ServiceDeclaration(
    name="people", version="1.0.0", description="Finding people, blocks, and what becomes of the rows of who is gone.",
    realms=EVERY_REALM,
    routes="blueprints.platform.people.routes.api",
    background=(subscribers,),
    emits=lambda realm: (forgotten_topic(realm),),
    readable=READABLE,
    targets=(JoinTarget("user", BRIEF, lambda actor, ids: user_briefs(actor.realm, ids), seen=BRIEF_USERS,
                        added=added_to_briefs, hiding=hiding_in),),
    persons=(rows_of_people(Block, ERASED, "blocker_id", "blocked_id", export=exported("blocks", "blocker_id")),),
)

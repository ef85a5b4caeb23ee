"""URL map of people, the same in every realm; all of it is ours, the contract has none."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.http.declaration import Routes
from app.http.naming import ApiNames
from blueprints.platform.people import commands, queries
from blueprints.platform.people.models import Block
from blueprints.platform.people.policies import POLICIES
from blueprints.platform.people.schemas import NewBlock

api = Routes(POLICIES, {"listPeople": ApiNames(data_name="people")})


@api.list("/v1/people", name="listPeople", depends_on=("rows:user", Block),
          arguments={"q": "a part of the name; nothing but signs finds nobody"})
def list_people(actor: Actor, asked: ReadRequest) -> Listing:
    """Find active people by name: id, fullname and avatar, without the caller and whom the caller has blocked.

    In the network also without who has blocked the caller."""
    return queries.find_people(actor, asked.arguments.get("q", ""), asked.page)


@api.create("/v1/blocks", name="createBlock", body=NewBlock, returns=Block)
def create_block(actor: Actor, data: dict[str, Any]) -> Block:
    """Block a person: no message goes either way, in the network neither is there for the other.

    Blocking again changes nothing."""
    return commands.block_person(actor, data["user_id"])


api.list("/v1/blocks", queries.list_blocks, "List whom the caller has blocked, the latest first.",
         name="listBlocks", returns=Block, depends_on=("rows:user",))
api.delete("/v1/blocks/{userId}", commands.unblock_person, "Take back one's block of this person.",
           name="deleteBlock", returns=Block)

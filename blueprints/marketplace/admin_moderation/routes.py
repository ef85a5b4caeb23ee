"""URL map of adminModeration (contract documents 073–077)."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from blueprints.marketplace.admin_moderation import commands, queries
from blueprints.marketplace.admin_moderation.models import ModerationAction
from blueprints.marketplace.admin_moderation.policies import POLICIES
from blueprints.marketplace.admin_moderation.schemas import ActionChange, NewAction

api = Routes(POLICIES)

_ONE = "/v1/moderationactions/{moderationActionId}"


@api.create("/v1/moderationactions", name="createModerationAction", body=NewAction, id_name="moderationActionId",
            returns=ModerationAction)
def create_action(actor: Actor, data: dict[str, Any]) -> ModerationAction:
    """Record what a member of staff did."""
    return commands.record_action(actor, **data)


@api.get(_ONE, name="getModerationAction", returns=ModerationAction)
def get_action(actor: Actor, asked: ReadRequest, moderation_action_id: str) -> Wire:
    """Get an entry of the record."""
    return queries.get_action(moderation_action_id)


@api.list("/v1/moderationactions", name="listModerationActions", returns=ModerationAction,
          filters=queries.ACTION_FILTERS, same_for_role=True)
def list_actions(actor: Actor, asked: ReadRequest) -> Listing:
    """List the record, the most recent first."""
    return queries.list_actions(asked)


@api.update(_ONE, name="updateModerationAction", body=ActionChange, returns=ModerationAction)
def reword_action(actor: Actor, data: dict[str, Any], moderation_action_id: str) -> ModerationAction:
    """Reword the reason of an entry."""
    return commands.reword_action(actor, moderation_action_id, **data)


@api.delete(_ONE, name="deleteModerationAction", returns=ModerationAction)
def delete_action(actor: Actor, data: dict[str, Any], moderation_action_id: str) -> ModerationAction:
    """Delete an entry (superAdmin)."""
    return commands.delete_action(actor, moderation_action_id)

"""URL map of adminModeration (contract documents 073–077, the bare routes of 005)."""
from collections.abc import Callable
from typing import Any

from flask import Response, request

from app.actor import Actor
from app.http.declaration import Routes
from app.http.envelope import json_response
from app.http.idempotency import answered_once
from app.http.openapi import answer
from app.http.request import json_body
from app.http.schemas import load
from blueprints.marketplace.admin_moderation import commands, corrections, queries, schemas
from blueprints.marketplace.admin_moderation.models import ModerationAction
from blueprints.marketplace.admin_moderation.policies import POLICIES
from blueprints.platform.moderation.restoring import restore_thing
from blueprints.platform.moderation.routes import api as moderation

api = Routes(POLICIES)
api.include(moderation)

_ONE = "/v1/moderationactions/{moderationActionId}"
_BARE = {"type": "object", "required": ["status", "message"], "properties": {
    "status": {"type": "integer"}, "message": {"type": "string"}}}
_CORRECTS: dict[str, Any] = {"method": "POST", "bare_forbidden": True, "responses": {
    "200": answer(_BARE), "403": answer(_BARE, "Forbidden"), "409": answer({}, "the same Idempotency-Key is at work")}}

api.create("/v1/moderationactions", commands.record_action, "Record what a member of staff did.",
           name="createModerationAction", body=schemas.NewAction, id_name="moderationActionId",
           returns=ModerationAction)
api.get(_ONE, queries.get_action, "Get an entry of the record.", name="getModerationAction", returns=ModerationAction)
api.list("/v1/moderationactions", queries.list_actions, "List the record, the most recent first.",
         name="listModerationActions", returns=ModerationAction, filters=queries.ACTION_FILTERS, same_for_role=True)
api.update(_ONE, commands.reword_action, "Reword the reason of an entry.",
           name="updateModerationAction", body=schemas.ActionChange, returns=ModerationAction)
api.delete(_ONE, commands.delete_action, "Delete an entry (superAdmin).",
           name="deleteModerationAction", returns=ModerationAction)


# Corrections of what other services own. Each is done once for an Idempotency-Key (decision 22).

@api.system("/rebuild-search-index", name="rebuildAllSearchRecords", body=schemas.SearchRebuilding, **_CORRECTS)
def rebuild_search_index(actor: Actor) -> Response:
    """Let all search records be written anew, soon and in the background, and record it."""
    given = load(schemas.SearchRebuilding(), json_body())
    return _once(actor, "rebuildAllSearchRecords", "Triggered search index rebuild & logged action.",
                 lambda: corrections.rebuild_search_index(actor, **given))


@api.system("/fix-payment-record", name="fixPaymentRecord", body=schemas.PaymentFix, **_CORRECTS)
def fix_payment_record(actor: Actor) -> Response:
    """Correct the payment of an order by hand, and record it."""
    given = load(schemas.PaymentFix(), json_body())
    key = request.headers.get("Idempotency-Key")
    return _once(actor, "fixPaymentRecord", "Order payment correction logged. (See audit trail)",
                 lambda: corrections.fix_payment(actor, **given, key=key))


@api.system("/override-feedback", name="overrideFeedback", body=schemas.FeedbackOverride, **_CORRECTS)
def override_feedback(actor: Actor) -> Response:
    """Correct somebody's feedback by hand, and record it."""
    given = load(schemas.FeedbackOverride(), json_body())
    return _once(actor, "overrideFeedback", "Feedback override performed & logged.",
                 lambda: corrections.correct_feedback(actor, **given))


@api.system("/flag-media-asset", name="flagMediaAsset", body=schemas.MediaFlag, **_CORRECTS)
def flag_media_asset(actor: Actor) -> Response:
    """Remove a media asset, and record why."""
    given = load(schemas.MediaFlag(), json_body())
    return _once(actor, "flagMediaAsset", "Media asset flagged/removed and moderation action logged.",
                 lambda: corrections.flag_media(actor, **given))


@api.system("/restore-soft-deleted-entity", name="restoreSoftDeletedEntity", body=schemas.Restoration, **_CORRECTS)
def restore_soft_deleted_entity(actor: Actor) -> Response:
    """Bring something back that was soft-deleted, and record it."""
    given = load(schemas.Restoration(), json_body())
    return _once(actor, "restoreSoftDeletedEntity", "Entity restore triggered and audit logged.",
                 lambda: restore_thing(actor, **given))


def _once(actor: Actor, name: str, message: str, correct: Callable[[], object]) -> Response:
    def answer_once() -> Response:
        correct()
        return json_response({"status": 200, "message": message})

    return answered_once(actor, name, request.get_data(), answer_once)

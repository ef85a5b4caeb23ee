"""URL map of the webhooks (front-door.md FD-17 to FD-21), the same in every realm."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.envelope import Answer
from app.http.naming import ApiNames
from blueprints.platform.webhooks import commands, documents, queries
from blueprints.platform.webhooks.policies import POLICIES
from blueprints.platform.webhooks.queries import position_wanted
from blueprints.platform.webhooks.schemas import EndpointChange, NewEndpoint, Replay, Rotation

_AFTER = {"after": "the position of the last event that you have; without it the oldest of the last seven days comes"}
_ENDPOINT = ApiNames(data_name="webhookEndpoint")

api = Routes(POLICIES, {
    **dict.fromkeys(("createWebhookEndpoint", "getWebhookEndpoint", "updateWebhookEndpoint", "deleteWebhookEndpoint"),
                    _ENDPOINT),
    "listWebhookEndpoints": ApiNames(data_name="webhookEndpoints"),
    "rotateWebhookSecret": ApiNames("webhooksecret-rotated", "webhookEndpoint"),
    "createWebhookTest": ApiNames(data_name="webhookDelivery"),
    "getWebhookDryRun": ApiNames(data_name="webhookDryRun"),
    "listWebhookDeliveries": ApiNames(data_name="webhookDeliveries"),
    "createWebhookReplay": ApiNames(data_name="webhookReplay"),
    "getWebhookEvents": ApiNames(data_name="webhookEvents")})


@api.create("/v1/webhookendpoints", name="createWebhookEndpoint", body=NewEndpoint,
            extras=documents.WITH_SECRET)
def create_webhook_endpoint(actor: Actor, data: dict[str, Any]) -> Answer:
    """Register an HTTPS address that is told of what happens; its secret is shown this once.

    Each event comes as a POST of `{type, timestamp, data}` with the headers `webhook-id`, `webhook-timestamp` and
    `webhook-signature` of Standard Webhooks: at least once, in the order of each object. Answer 2xx within 15 seconds;
    else it comes again, eight times in all, within two days. 410 ends the webhook."""
    return _with_secret(*commands.create_endpoint(actor, **data))


@api.list("/v1/webhookendpoints", name="listWebhookEndpoints", cached=False, extras=documents.LISTED)
def list_webhook_endpoints(actor: Actor, asked: ReadRequest) -> Listing:
    """List one's own webhooks, the newest first."""
    return queries.list_endpoints(actor, asked.page)


api.get("/v1/webhookendpoints/{webhookEndpointId}", queries.get_endpoint,
        "Show one webhook: its state, since when it fails, until when its former secret signs.",
        name="getWebhookEndpoint", extras=documents.SHOWN)
api.update("/v1/webhookendpoints/{webhookEndpointId}", commands.change_endpoint,
           "Change a webhook, pause it, or let it be active again; what waited meanwhile, a week at most, goes out.",
           name="updateWebhookEndpoint", body=EndpointChange, extras=documents.SHOWN)
api.delete("/v1/webhookendpoints/{webhookEndpointId}", commands.delete_endpoint,
           "End a webhook, with all it was still owed.",
           name="deleteWebhookEndpoint", extras=documents.SHOWN)


@api.create("/v1/webhookendpoints/{webhookEndpointId}/rotations", name="rotateWebhookSecret", body=Rotation,
            extras=documents.WITH_SECRET)
def rotate_webhook_secret(actor: Actor, data: dict[str, Any], webhook_endpoint_id: str) -> Answer:
    """Give a webhook another secret, shown this once; the former one signs beside it for 24 hours, or as you say."""
    return _with_secret(*commands.rotate_secret(actor, webhook_endpoint_id, **data))


@api.create("/v1/webhookendpoints/{webhookEndpointId}/tests", name="createWebhookTest", extras=documents.TEST)
def create_webhook_test(actor: Actor, data: dict[str, Any], webhook_endpoint_id: str) -> Wire:
    """Send a test message to a webhook; what came of it stands among its deliveries."""
    return {"id": commands.send_test(actor, webhook_endpoint_id)}


@api.get("/v1/webhookendpoints/{webhookEndpointId}/dryrun", name="getWebhookDryRun", arguments=_AFTER,
         extras=documents.DRY_RUN)
def get_webhook_dry_run(actor: Actor, asked: ReadRequest, webhook_endpoint_id: str) -> Wire:
    """Show the requests that would be sent for past events, signed now, and send none."""
    return queries.dry_run(actor, webhook_endpoint_id, position_wanted(asked.arguments.get("after")))


@api.list("/v1/webhookendpoints/{webhookEndpointId}/deliveries", name="listWebhookDeliveries",
          filters=queries.DELIVERY_FILTERS, cached=False, extras=documents.DELIVERIES)
def list_webhook_deliveries(actor: Actor, asked: ReadRequest, webhook_endpoint_id: str) -> Listing:
    """List what a webhook was sent in the last week, and what came back at each attempt, the newest first."""
    return queries.list_deliveries(actor, webhook_endpoint_id, asked.page, asked.where)


@api.create("/v1/webhookendpoints/{webhookEndpointId}/replays", name="createWebhookReplay", body=Replay,
            extras=documents.REPLAYED)
def create_webhook_replay(actor: Actor, data: dict[str, Any], webhook_endpoint_id: str) -> Wire:
    """Send deliveries once more, under the ids they had: one, or those of a range of positions, a thousand at most."""
    return {"id": webhook_endpoint_id, "replayed": commands.replay(actor, webhook_endpoint_id, **data)}


@api.get("/v1/webhookendpoints/{webhookEndpointId}/events", name="getWebhookEvents", arguments=_AFTER,
         extras=documents.EVENTS)
def get_webhook_events(actor: Actor, asked: ReadRequest, webhook_endpoint_id: str) -> Wire:
    """Read the events that a webhook chose behind a position, as you see them now: to make up for what was missed."""
    return queries.events_for(actor, webhook_endpoint_id, position_wanted(asked.arguments.get("after")))


def _with_secret(endpoint: Wire, secret: str) -> Answer:
    """Return the answer that alone shows a secret: no event has it."""
    return Answer(endpoint, {"secret": secret}, {})

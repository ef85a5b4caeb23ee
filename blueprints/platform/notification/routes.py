"""URL map of the notification service, the same in every realm (rules-platform §6.1); the routes are bare."""
from typing import Any

from flask import Response, request

from app.actor import Actor
from app.data.reads import Page
from app.errors import InvalidInput
from app.http.declaration import Routes
from app.http.envelope import json_response
from app.http.idempotency import answered_with_effect
from app.http.request import argument, json_body, path_id
from app.http.schemas import load
from blueprints.platform.notification import channel_routes, documents
from blueprints.platform.notification.commands import register_device, see_notices, unregister_device
from blueprints.platform.notification.policies import POLICIES
from blueprints.platform.notification.preferences import change_preferences, preferences_of
from blueprints.platform.notification.queries import list_notices
from blueprints.platform.notification.rules import page_facts, read_page
from blueprints.platform.notification.schemas import NewDevice, NewNotice, PreferenceChange, SeenNotices
from blueprints.platform.notification.sending import send_notice
from blueprints.platform.notification.unread import unread_of

api = Routes(POLICIES)
api.include(channel_routes.api)


@api.system("/notifications", name="listNotices", **documents.LIST)
def list_own(actor: Actor) -> dict[str, Any]:
    """List the caller's own notices, the newest first."""
    asked = read_page({name: argument(name) for name in documents.PARAMETERS})
    if asked.faults:
        raise InvalidInput("; ".join(f"{name}: {said}" for name, said in asked.faults.items()), detail=asked.faults)
    listing = list_notices(actor, Page(asked.number, asked.limit), newest_first=asked.newest_first)
    return {"status": "OK", "statusCode": 200, **page_facts(asked, listing.total, len(listing.rows)),
            "unread": unread_of(actor), "items": listing.rows}


@api.system("/notifications/seen", name="seeNotices", method="POST", body=SeenNotices, **documents.SEEN)
def see(actor: Actor) -> Response:
    """Mark notices of the caller as seen; ids of others change nothing."""
    ids = load(SeenNotices(), json_body())["notification_ids"]
    return answered_with_effect(actor, "seeNotices", request.get_data(), lambda: json_response({
        "status": "OK", "statusCode": 200, "seen": see_notices(actor, ids), "unread": unread_of(actor)}))


@api.system("/devices/register", name="registerDevice", method="POST", body=NewDevice, **documents.REGISTER)
def register(actor: Actor) -> Response:
    """Have the caller's push messages go to a device, too; a token moves to whoever registers it last."""
    device = load(NewDevice(), json_body())["device"]
    return answered_with_effect(actor, "registerDevice", request.get_data(), lambda: json_response({
        "status": "OK", "statusCode": 201, "device": {
            "deviceId": register_device(actor, **device), "platform": device["platform"],
            "deviceName": device.get("device_name")}}, 201))


@api.system("/devices/unregister/{deviceId}", name="unregisterDevice", method="DELETE", **documents.UNREGISTER)
def unregister(actor: Actor, device_id: str) -> dict[str, Any]:
    """Send the caller's push messages to a device no more."""
    unregister_device(actor, path_id("deviceId", device_id))
    return {"status": "OK", "statusCode": 200, "message": "Device unregistered"}


@api.system("/notifications", name="sendNotice", method="POST", body=NewNotice, **documents.SEND)
def send(actor: Actor) -> Response:
    """Send a notification by e-mail, SMS or push (staff)."""
    given = load(NewNotice(), json_body())["notification"]
    return answered_with_effect(actor, "sendNotice", request.get_data(), lambda: json_response({
        "status": "OK", "statusCode": 201, "notification": send_notice(actor, **given)}, 201))


@api.system("/preferences", name="getNoticePreferences", **documents.PREFERENCES)
def get_preferences(actor: Actor) -> dict[str, Any]:
    """Tell how the caller is told of what, and what may be chosen."""
    return {"status": "OK", "statusCode": 200, **preferences_of(actor)}


@api.system("/preferences", name="updateNoticePreferences", method="PATCH", body=PreferenceChange,
            **documents.PREFERENCES_CHANGED)
def update_preferences(actor: Actor) -> Response:
    """Change how the caller is told; what is left out stays as it is."""
    data = load(PreferenceChange(), json_body())

    def answer() -> Response:
        change_preferences(actor, data.pop("preferences", ()), **data)
        return json_response({"status": "OK", "statusCode": 200, **preferences_of(actor)})

    return answered_with_effect(actor, "updateNoticePreferences", request.get_data(), answer)

"""URL map of what channels need: the way out of letters, what mail providers tell, the key of Web Push (FD-25, FD-27).

Programs and people without a login call them: a signed token, a signature, or nothing but a public key."""
from typing import Any

from flask import Response, request

from app.actor import Actor
from app.errors import InvalidInput, NotFound
from app.http.declaration import Routes
from app.http.envelope import json_response
from app.http.request import argument, json_body
from app.http.schemas import load
from app.notify.push_keys import public_push_key
from blueprints.platform.notification import channel_documents as documents
from blueprints.platform.notification.channels import (
    count_returned,
    is_of_our_provider,
    list_bounced,
    stop_letters,
    subscription_of,
)
from blueprints.platform.notification.policies import POLICIES
from blueprints.platform.notification.schemas import ReturnedLetters
from blueprints.platform.notification.unsubscribe_page import asking_page, stopped_page

api = Routes(POLICIES)


@api.system("/unsubscribe", name="askUnsubscribe", **documents.ASK)
def ask(actor: Actor) -> Response:
    """Where the link of a letter leads: it asks, and changes nothing, since programs open every link of a letter."""
    return Response(asking_page(subscription_of(actor.realm, argument("token"))), mimetype="text/html")


@api.system("/unsubscribe", name="unsubscribe", method="POST", **documents.STOP)
def stop(actor: Actor) -> Response:
    """Send such letters no more: the button of that page, or a mail program by itself (RFC 8058)."""
    subscription = subscription_of(actor.realm, argument("token"))
    stop_letters(actor.realm, subscription)
    return Response(stopped_page(subscription), mimetype="text/html")


@api.system("/bounces", name="noteBounces", method="POST", body=ReturnedLetters, **documents.BOUNCES)
def note(actor: Actor) -> Response:
    """Take from the mail provider which letters came back; what is not ours changes nothing."""
    if not is_of_our_provider(request.get_data(cache=True), dict(request.headers)):
        raise InvalidInput("errMsg_SignatureNotValid", "InvalidSignature")
    count_returned(actor.realm, load(ReturnedLetters(), json_body())["bounces"])
    return json_response({"status": "OK", "statusCode": 202}, 202)


@api.system("/bounced-addresses", name="listBouncedAddresses", **documents.BOUNCED)
def bounced(actor: Actor) -> dict[str, Any]:
    """List the newest addresses that letters came back from (staff); nothing but codes goes to those with mutedAt."""
    return {"status": "OK", "statusCode": 200, "items": list_bounced(actor.realm, argument("email"))}


@api.system("/push-key", name="pushKey", **documents.KEY)
def push_key(actor: Actor) -> dict[str, Any]:
    """The public key that a page hands to `PushManager.subscribe` as applicationServerKey."""
    if (key := public_push_key()) is None:
        raise NotFound("errMsg_PushKeyNotFound")
    return {"status": "OK", "statusCode": 200, "publicKey": key}

"""What clients send to the notification service (rules-platform §6.1)."""
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from marshmallow import ValidationError, fields, post_load, validates, validates_schema
from marshmallow.validate import Length

from app.http.schemas import (
    Choice,
    Flag,
    Identifier,
    IdList,
    InputSchema,
    Instant,
    JsonObject,
    Line,
    ListOf,
    ObjectOf,
    Text,
    Whole,
)
from app.mail_addresses import new_mail_address
from app.notify.device_tokens import PLATFORMS, WEB, read_subscription
from app.notify.letter_templates import known_locales
from app.notify.models import CHANNELS as WAYS
from app.notify.models import EMAIL, PUSH, SMS
from blueprints.platform.notification.rules import CHANNELS, MODES, phone_number

TEMPLATES = ("NONE", "WELCOME", "OTP", "RESETPASSWORD")
LARGEST_METADATA = 8192
MOST_CHOICES = 100


class Device(InputSchema):
    """A device of the caller, and the token that its push service gave out."""

    device_id = Identifier(metadata={"description": "how the caller calls the device; left out, it gets an id"})
    notification_token = Text(most=4096, required=True, metadata={
        "description": "of ios and android the token of Firebase, of web the JSON text of the PushSubscription"})
    platform = Choice(PLATFORMS, required=True)
    device_name = Line(most=100)

    @post_load
    def _as_its_platform_has_it(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        token = data["notification_token"]
        if data["platform"] == WEB:
            try:
                data["notification_token"] = read_subscription(token)
            except ValueError as error:
                raise ValidationError(str(error), "notificationToken") from None
        elif not (token.isascii() and token.isprintable() and " " not in token):
            raise ValidationError("expected a token of visible ASCII characters", "notificationToken")
        return data


class NewDevice(InputSchema):
    """Body of `devices/register`."""

    device = ObjectOf(Device, required=True, metadata={"example": {
        "notificationToken": "fcm-token", "platform": "android", "deviceName": "Phone"}})


class Given(InputSchema):
    """A notification as staff or their programs send it."""

    types = ListOf(Choice(WAYS), most=len(WAYS), required=True, metadata={"example": ["email"]})
    to = Line(most=254, metadata={"description": "the e-mail address, or the phone number; without it the user's"})
    user_id = Identifier()
    title = Line(most=200)
    body = Text(most=5000, metadata={"example": "We are closed on Monday."})
    template = Choice(TEMPLATES, metadata={"description": "NONE, unless it is said"})
    metadata = JsonObject(metadata={"description": f"facts of the template, at most {LARGEST_METADATA} bytes"})
    is_stored = Flag(metadata={"description": "true: the user also sees it in the app"})

    @validates_schema
    def _whole(self, data: dict[str, Any], **_: Any) -> None:
        if len(orjson.dumps(data.get("metadata", {}))) > LARGEST_METADATA:
            raise ValidationError(f"expected at most {LARGEST_METADATA} bytes", "metadata")
        if not data["types"]:
            raise ValidationError(f"expected some of {', '.join(WAYS)}", "types")
        if data.get("template", "NONE") == "NONE" and "body" not in data:
            raise ValidationError("is required without a template", "body")
        if "user_id" not in data and ("to" not in data or PUSH in data["types"] or data.get("is_stored")):
            raise ValidationError("is required without `to`, for push, and for what is stored", "userId")
        for way, reads, expected in ((EMAIL, new_mail_address, "an e-mail address"),
                                     (SMS, phone_number, "a phone number")):
            if "to" in data and way in data["types"]:
                try:
                    reads(data["to"])
                except ValueError:
                    raise ValidationError(f"expected {expected} for {way}", "to") from None


class NewNotice(InputSchema):
    """Body of POST `notifications`."""

    notification = ObjectOf(Given, required=True, metadata={"example": {
        "types": ["email"], "userId": "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e", "title": "Closed", "body": "On Monday."}})


class Choosing(InputSchema):
    """How one type of notice is told over one channel."""

    type = Line(most=40, required=True, metadata={"example": "*"})
    channel = Choice(CHANNELS, required=True)
    mode = Choice(MODES, required=True)


class PreferenceChange(InputSchema):
    """PATCH of the preferences; what is left out stays as it is."""

    preferences = fields.List(ObjectOf(Choosing), validate=Length(max=MOST_CHOICES))
    locale = Line(most=8, metadata={"example": "en"})
    time_zone = Line(most=64, metadata={"description": "a zone of the tz database", "example": "Europe/Zurich"})
    digest_hour = Whole(least=0, most=23)
    muted_until = Instant(metadata={"description": "no letter that can be switched off, and no push, before then"})

    @validates("locale")
    def _is_there(self, locale: str, **_: Any) -> None:
        if locale not in known_locales():
            raise ValidationError(f"expected one of {', '.join(known_locales())}")

    @validates("time_zone")
    def _is_a_zone(self, name: str, **_: Any) -> None:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValidationError("expected a zone of the tz database, as Europe/Zurich") from None


class SeenNotices(InputSchema):
    """Body of `notifications/seen`."""

    notification_ids = IdList(required=True)


class ReturnedLetter(InputSchema):
    """One letter that came back."""

    message_id = Line(most=200, required=True, metadata={"description": "its Message-ID, or what stands before the @"})
    status = Line(most=12, required=True, metadata={"description": "the enhanced status code (RFC 3463)",
                                                    "example": "5.1.1"})
    diagnostic = Text(most=1000, metadata={"description": "what the other server said"})


class ReturnedLetters(InputSchema):
    """Body of `bounces`."""

    bounces = fields.List(ObjectOf(ReturnedLetter), required=True, validate=Length(max=500))

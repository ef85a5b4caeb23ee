"""What the OpenAPI document tells of the notification service's routes (rules-platform §6.1)."""
from typing import Any

from app.http.openapi import IDEMPOTENCY_KEY, answer, parameter
from app.notify.device_tokens import PLATFORMS
from app.notify.models import CHANNELS as WAYS
from blueprints.platform.notification.rules import CHANNELS, LONGEST_PAGE, MODES

Document = dict[str, Any]

_SCHEMAS: dict[str, Document] = {
    "page": {"type": "integer", "minimum": 1, "default": 1},
    "limit": {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE, "default": 10},
    "sortBy": {"type": "string", "enum": ["createdAt"], "default": "createdAt"},
    "sortOrder": {"type": "string", "enum": ["asc", "desc"], "default": "desc"}}
PARAMETERS = tuple(_SCHEMAS)
_PERHAPS_WHOLE: Document = {"type": ["integer", "null"]}
_NOTICE: Document = {
    "type": "object", "required": ["id", "userId", "type", "title", "body", "metadata", "isSeen", "createdAt",
                                   "updatedAt", "actor"],
    "properties": {
        "id": {"type": "string", "format": "uuid"}, "userId": {"type": "string", "format": "uuid"},
        "type": {"type": "string"}, "title": {"type": "string"}, "body": {"type": "string"},
        "metadata": {"type": "object"}, "isSeen": {"type": "boolean"},
        "createdAt": {"type": "string", "format": "date-time"},
        "updatedAt": {"type": "string", "format": "date-time"},
        "actor": {"type": ["object", "null"], "description": "the person behind it, as joins show people"}}}
_PAGE: Document = {
    "type": "object", "required": ["status", "statusCode", "total", "totalPage", "currentPage", "nextPage", "prevPage",
                                   "pageItem", "unread", "items"],
    "properties": {
        "status": {"const": "OK"}, "statusCode": {"const": 200}, "total": {"type": "integer"},
        "totalPage": {"type": "integer"}, "currentPage": {"type": "integer"}, "nextPage": _PERHAPS_WHOLE,
        "prevPage": _PERHAPS_WHOLE, "pageItem": {"type": "integer", "description": "how many items this page has"},
        "unread": {"type": "integer", "description": "how many of the caller's own are not seen"},
        "items": {"type": "array", "items": _NOTICE}}}
LIST: Document = {
    "parameters": [parameter("query", name, schema) for name, schema in _SCHEMAS.items()],
    "responses": {"200": answer(_PAGE)}}
_IN_FLIGHT: Document = {
    "409": answer({"$ref": "#/components/schemas/ApiError"}, "The same Idempotency-Key is in flight")}
SEEN: Document = {
    "parameters": [IDEMPOTENCY_KEY],
    "responses": {
        "200": answer({
            "type": "object", "required": ["status", "statusCode", "seen", "unread"], "properties": {
                "status": {"const": "OK"}, "statusCode": {"const": 200},
                "seen": {"type": "integer", "description": "how many were not seen before"},
                "unread": {"type": "integer"}}}),
        **_IN_FLIGHT}}
_DEVICE: Document = {
    "type": "object", "required": ["deviceId", "platform", "deviceName"], "properties": {
        "deviceId": {"type": "string", "format": "uuid"}, "platform": {"type": "string", "enum": list(PLATFORMS)},
        "deviceName": {"type": ["string", "null"]}}}
REGISTER: Document = {
    "parameters": [IDEMPOTENCY_KEY],
    "responses": {
        "201": answer({
            "type": "object", "required": ["status", "statusCode", "device"], "properties": {
                "status": {"const": "OK"}, "statusCode": {"const": 201}, "device": _DEVICE}}, "Registered"),
        **_IN_FLIGHT}}
UNREGISTER: Document = {
    "responses": {"200": answer({
        "type": "object", "required": ["status", "statusCode", "message"], "properties": {
            "status": {"const": "OK"}, "statusCode": {"const": 200}, "message": {"type": "string"}}})}}
SEND: Document = {
    "parameters": [IDEMPOTENCY_KEY],
    "responses": {
        "201": answer({
            "type": "object", "required": ["status", "statusCode", "notification"], "properties": {
                "status": {"const": "OK"}, "statusCode": {"const": 201}, "notification": {
                    "type": "object", "required": ["id", "types", "sent", "isStored"], "properties": {
                        "id": {"type": "string", "format": "uuid"},
                        "types": {"type": "array", "items": {"type": "string", "enum": list(WAYS)}},
                        "sent": {"type": "object", "additionalProperties": {"type": "integer"},
                                 "description": "how many messages go over each channel"},
                        "isStored": {"type": "boolean"}}}}}, "Sent"),
        **_IN_FLIGHT}}
_PREFERENCES: Document = {"200": answer({
    "type": "object", "required": ["status", "statusCode", "locale", "locales", "timeZone", "digestHour", "mutedUntil",
                                   "preferences"],
    "properties": {
        "status": {"const": "OK"}, "statusCode": {"const": 200}, "locale": {"type": "string"},
        "locales": {"type": "array", "items": {"type": "string"}}, "timeZone": {"type": "string"},
        "digestHour": {"type": "integer"}, "mutedUntil": {"type": ["string", "null"], "format": "date-time"},
        "preferences": {"type": "array", "items": {
            "type": "object", "required": ["type", "channel", "mode", "effective", "options"], "properties": {
                "type": {"type": "string", "description": "`*` is every type for which nothing is chosen"},
                "channel": {"type": "string", "enum": list(CHANNELS)},
                "mode": {"type": "string", "enum": list(MODES)},
                "effective": {"type": "string", "description": "what holds"},
                "options": {"type": "array", "items": {"type": "string"}}}}}}})}
PREFERENCES: Document = {"responses": _PREFERENCES}
PREFERENCES_CHANGED: Document = {"parameters": [IDEMPOTENCY_KEY], "responses": {**_PREFERENCES, **_IN_FLIGHT}}

"""What the OpenAPI document tells of the routes of channels."""
from typing import Any

from app.http.openapi import answer, parameter, request_body

Document = dict[str, Any]

_ERROR = {"$ref": "#/components/schemas/ApiError"}
_TOKEN = [parameter("query", "token", {"type": "string"}, "stands in the letter's link; good for ever")]
_PAGE = answer({"type": "string"}, media_type="text/html")
_WRONG_TOKEN: Document = {"400": answer(_ERROR, "The token is none of this realm's letters")}
ASK: Document = {"parameters": _TOKEN, "responses": {"200": _PAGE, **_WRONG_TOKEN}}
STOP: Document = {
    "parameters": _TOKEN, "responses": {"200": _PAGE, **_WRONG_TOKEN},
    "request_body": {**request_body({"type": "object", "properties": {"List-Unsubscribe": {"const": "One-Click"}}},
                                    "application/x-www-form-urlencoded", "multipart/form-data"), "required": False}}
BOUNCES: Document = {
    "parameters": [parameter("header", name, {"type": "string"}, "Standard Webhooks, with MAIL_BOUNCE_SECRET")
                   for name in ("webhook-id", "webhook-timestamp", "webhook-signature")],
    "responses": {
        "202": answer({"type": "object", "required": ["status", "statusCode"], "properties": {
            "status": {"const": "OK"}, "statusCode": {"const": 202}}}, "Taken, whether or not a letter is ours"),
        "400": answer(_ERROR, "Not signed, or not as documented")}}
BOUNCED: Document = {
    "parameters": [parameter("query", "email", {"type": "string"}, "one address, whole")],
    "responses": {"200": answer({
        "type": "object", "required": ["status", "statusCode", "items"], "properties": {
            "status": {"const": "OK"}, "statusCode": {"const": 200}, "items": {"type": "array", "items": {
                "type": "object", "required": ["email", "bounces", "lastError", "lastAt", "mutedAt"], "properties": {
                    "email": {"type": "string"}, "bounces": {"type": "integer"}, "lastError": {"type": "string"},
                    "lastAt": {"type": "string", "format": "date-time"},
                    "mutedAt": {"type": ["string", "null"], "format": "date-time",
                                "description": "since then nothing but codes is sent there"}}}}}})}}
KEY: Document = {"responses": {
    "200": answer({"type": "object", "required": ["status", "statusCode", "publicKey"], "properties": {
        "status": {"const": "OK"}, "statusCode": {"const": 200},
        "publicKey": {"type": "string", "description": "65 bytes, base64url"}}}),
    "404": answer(_ERROR, "There is none before flask prepare")}}

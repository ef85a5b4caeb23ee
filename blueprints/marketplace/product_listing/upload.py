"""The edge route `/api/media/upload` with its literal answers (rules-marketplace §8.2, document 064)."""
from typing import Any

from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from app.actor import Actor
from app.errors import RuleViolated
from app.http.envelope import json_response
from app.http.idempotency import answered_once
from blueprints.marketplace.product_listing import commands, rules

_REFUSALS = {
    "no_file": "No file uploaded.",
    "invalid_mime": "Invalid file type.",
    "too_large": "File too large (10MB max).",
}
UPLOAD_BODY = {"required": True, "content": {"multipart/form-data": {"schema": {
    "type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}}}}
UPLOAD_RESPONSES: dict[str, Any] = {
    "200": {"description": "The stored media asset", "content": {"application/json": {"schema": {
        "type": "object", "properties": {
            "status": {"type": "integer"}, "mediaAssetId": {"type": "string", "format": "uuid"},
            "mediaAssetIds": {"type": "array", "items": {"type": "string", "format": "uuid"}},
            "url": {"type": "string"}, "mimeType": {"type": "string"}, "size": {"type": "integer"},
            "state": {"enum": ["preparing", "ready", "refused"]}}}}}},
    "400": {"description": "no_file, invalid_mime or too_large", "content": {"application/json": {
        "schema": {"type": "object", "required": ["error"], "properties": {"error": {
            "type": "object", "required": ["code", "message"], "properties": {
                "code": {"type": "string", "enum": list(_REFUSALS)}, "message": {"type": "string"}}}}},
        "example": {"error": {"code": "no_file", "message": _REFUSALS["no_file"]}}}}},
}


def receive_upload(actor: Actor) -> Response:
    """Store the uploaded image and answer with its media asset, or with the literal refusal (400).

    The same file under the same Idempotency-Key is stored once (decision 22)."""
    try:
        name, content = _uploaded_file()
        return answered_once(actor, "uploadMedia", content, lambda: _stored(actor, name, content))
    except RuleViolated as refusal:
        code = str(refusal.err_code)
        return json_response({"error": {"code": code, "message": _REFUSALS[code]}}, 400)


def _stored(actor: Actor, name: str | None, content: bytes) -> Response:
    media, state = commands.upload_media(actor, name, content)
    return json_response({"status": 200, "mediaAssetId": media.id, "url": media.url, "mimeType": media.mime_type,
                          "size": media.size, "mediaAssetIds": [media.id], "state": state})


def _uploaded_file() -> tuple[str | None, bytes]:
    """Return name and bytes of the form's `file`; raises RuleViolated in the order the document checks."""
    try:
        file = request.files.get("file")
    except RequestEntityTooLarge:
        raise RuleViolated("too_large", _REFUSALS["too_large"]) from None
    if file is None:
        raise RuleViolated("no_file", _REFUSALS["no_file"])
    if file.mimetype not in rules.MEDIA_TYPES:
        raise RuleViolated("invalid_mime", _REFUSALS["invalid_mime"])
    return file.filename, file.read()

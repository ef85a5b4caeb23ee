"""What the bare routes of auth answer, as the OpenAPI document tells it (rules-platform §3.4, §3.5)."""
from typing import Any

from app.http.download import DOWNLOAD_HEADERS
from app.http.oauth import token_operation
from app.http.openapi import answer, parameter
from app.identity.sessions import SESSION_SCHEMA
from blueprints.platform.auth.parties import PASSWORD_RESET, SECOND_FACTOR, Verification

Document = dict[str, Any]

_UUID = {"type": "string", "format": "uuid"}
_SOMEBODY = "018f4c1d-0c52-7d11-8f3a-5b1e2a9c7d60"
_STEP: Document = {
    "type": "object",
    "required": ["status", "codeIndex", "timeStamp", "date", "expireTime", "verificationType"],
    "properties": {
        "status": {"type": "string", "const": "OK"},
        "codeIndex": {"type": "integer", "description": "stands on the message too, to tell several apart"},
        "timeStamp": {"type": "integer", "description": "milliseconds since 1970"},
        "date": {"type": "string", "format": "date-time"},
        "expireTime": {"type": "integer", "description": "seconds the code lives"},
        "verificationType": {"type": "string", "const": "byCode"},
        "email": {"type": "string"}, "mobile": {"type": "string", "description": "half hidden"},
        "sessionId": _UUID, "userId": _UUID,
        "secretCode": {"type": "string", "description": "in test mode only", "pattern": "^[0-9]{6}$"}},
    "example": {"status": "OK", "codeIndex": 1, "timeStamp": 1784578660000, "date": "2026-07-20T20:17:40.000Z",
                "expireTime": 86400, "verificationType": "byCode", "email": "anna@example.com"}}
_VERIFIED: Document = {
    "type": "object", "required": ["status", "isVerified"], "properties": {
        "status": {"type": "string", "const": "OK"}, "isVerified": {"type": "boolean", "const": True},
        "email": {"type": "string"}, "mobile": {"type": "string"}, "userId": _UUID,
        "mobileVerificationNeeded": {"type": "boolean"}},
    "example": {"status": "OK", "isVerified": True, "email": "anna@example.com", "mobileVerificationNeeded": False}}
_RESET = _VERIFIED | {
    "required": ["status", "isVerified", "userId", "email"],
    "example": {"status": "OK", "isVerified": True, "userId": _SOMEBODY, "email": "anna@example.com"}}
_FACTOR = SESSION_SCHEMA | {"properties": SESSION_SCHEMA["properties"] | {
    "expiresIn": {"type": "integer", "description": "seconds the session still lives"}}}
_CANNOT_RELOGIN_SHAPE = {"type": "object", "required": ["status", "message"], "properties": {
    "status": {"type": "string", "const": "ERR"}, "message": {"type": "string"}}}
_ERROR = {"$ref": "#/components/schemas/ApiError"}
_NO_JSON: Document = {"415": answer(_ERROR, "A body, if there is one, is application/json")}
_TOKEN_HEADERS = {"headers": {"Set-Cookie": {
    "schema": {"type": "string"}, "description": "the access token, HttpOnly and Secure"}}}

CANNOT_RELOGIN = {"status": "ERR", "message": "Cannot relogin"}
PERSON_EXPORT: Document = {"parameters": [
    parameter("path", "exportId", _UUID), parameter("query", "token", {"type": "string"}, "comes with the address")],
    "responses": {
        "200": {**answer(None, headers=DOWNLOAD_HEADERS), "content": {"application/zip": {
            "schema": {"type": "string", "format": "binary"}}}},
        "401": answer(_ERROR, "Without a good token: expired, of another export or realm, of an ended login"),
        "404": answer(_ERROR, "The file is gone")}}
PAGE: Document = {"responses": {"200": answer({"type": "string"}, media_type="text/html")}}
SCRIPT: Document = {"responses": {"200": answer({"type": "string"}, media_type="text/javascript")}}
LOGIN: Document = {"responses": {
    "200": answer(SESSION_SCHEMA, "Logged in; the token is also in a cookie and a header") | _TOKEN_HEADERS,
    "403": answer(_ERROR, "errCode EmailVerificationNeeded, AccountLocked or OriginNotAllowed")}}
RELOGIN: Document = {"responses": {
    "200": answer(SESSION_SCHEMA, "A fresh session; the old one has ended") | _TOKEN_HEADERS,
    "401": answer(_CANNOT_RELOGIN_SHAPE | {"example": CANNOT_RELOGIN}, "No valid login"),
    "403": answer(_ERROR, "errCode OriginNotAllowed; of GET also ReloginNeedsHeaderOrPost")}}
RELOGIN_BY_POST: Document = {"responses": RELOGIN["responses"] | _NO_JSON}
LOGOUT: Document = {"responses": _NO_JSON | {"200": answer({
    "type": "object", "required": ["status", "message"], "properties": {
        "status": {"type": "string", "const": "OK"}, "message": {"type": "string"}},
    "example": {"status": "OK", "message": "User logged out successfully"}})}}
PUBLIC_KEY: Document = {
    "parameters": [{"name": "keyId", "in": "query", "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
                    "description": "of an older key; default the one that signs today"}],
    "responses": {"200": answer({
        "type": "object", "required": ["keyId", "keyData"], "properties": {
            "keyId": {"type": "string"}, "keyData": {"type": "string", "description": "PEM"}},
        "example": {"keyId": "716a8738ec3d499f84d58bda6ee772ce",
                    "keyData": "-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n"}})}}
_OF_PROGRAMS = token_operation({})
TOKEN: Document = {"request_body": _OF_PROGRAMS["requestBody"], "responses": _OF_PROGRAMS["responses"]}
START: Document = {"responses": {"200": answer(_STEP, "A code is on its way")}}


def completed(verification: Verification) -> Document:
    """Return what the document says of completing this verification."""
    if verification.purpose == SECOND_FACTOR:
        return {"responses": {"200": answer(_FACTOR, "The session has proved its second factor")}}
    if verification.purpose == PASSWORD_RESET:
        return {"responses": {"200": answer(_RESET, "The password is replaced; all sessions have ended")}}
    return {"responses": {"200": answer(_VERIFIED, "Verified")}}

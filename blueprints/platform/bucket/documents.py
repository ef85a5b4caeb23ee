"""What the OpenAPI document tells of the bucket's routes (rules-platform §4)."""
from typing import Any

from app.http.download import DOWNLOAD_HEADERS
from app.http.openapi import IDEMPOTENCY_KEY, answer, parameter
from app.media.documents import DOCUMENT_TYPES

Document = dict[str, Any]

_REFUSED: Document = {"$ref": "#/components/schemas/ApiError"}
SECURITY = {"bucketToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                            "description": "userBucketToken or applicationBucketToken of the session object; the first "
                                           "writes both buckets of its user, and reads the private one"}}
_UPLOADED: Document = {
    "type": "object", "required": ["success", "data"], "properties": {
        "success": {"type": "boolean", "const": True}, "data": {"type": "array", "items": {
            "type": "object", "required": ["fileId", "originalName", "mimeType", "size", "status", "state",
                                           "bucketName", "isPublic", "downloadUrl"],
            "properties": {
                "fileId": {"type": "string", "format": "uuid"}, "originalName": {"type": "string"},
                "mimeType": {"type": "string"}, "size": {"type": "integer"}, "status": {"const": "uploaded"},
                "state": {"enum": ["preparing", "ready", "refused"], "description":
                          "a picture is served once it is ready; the download tells the state until then; a document "
                          "is ready at once"},
                "bucketName": {"type": "string"}, "isPublic": {"type": "boolean"},
                "downloadUrl": {"type": "string", "format": "uri"}}}}},
    "example": {"success": True, "data": [{
        "fileId": "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e", "originalName": "test (10).png", "mimeType": "image/png",
        "size": 604063, "status": "uploaded", "state": "preparing",
        "bucketName": "018f4c1d-0c52-7d11-8f3a-5b1e2a9c7d60-public-user-bucket", "isPublic": True,
        "downloadUrl": "http://127.0.0.1:8000/marketplace/bucket/download/018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"}]}}
UPLOAD: Document = {
    "security": [{"bucketToken": []}],
    "parameters": [IDEMPOTENCY_KEY],
    "request_body": {"required": True, "content": {"multipart/form-data": {"schema": {
        "type": "object", "required": ["bucketId", "files"], "properties": {
            "bucketId": {"type": "string", "description": "a bucket the token names: {userId}-public-user-bucket, "
                                                          "{userId}-private-user-bucket, for staff the common one"},
            "files": {"type": "array", "items": {"type": "string", "format": "binary"}, "description":
                      "jpeg, png, webp, gif, PDF, DOCX, plain text (named .txt, or sent as text/plain)"}}}}}},
    "responses": {"200": answer(_UPLOADED), "409": answer(_REFUSED, "The same Idempotency-Key is in flight")}}
_BINARY: Document = {"schema": {"type": "string", "format": "binary"}}
DOWNLOAD: Document = {"parameters": [
    parameter("path", "fileId", {"type": "string", "format": "uuid"}),
    parameter("query", "token", {"type": "string"}, "of a private file: comes with its address in the answer of the "
              "object that shows it; its owner may show the userBucketToken as Bearer instead")], "responses": {
    "200": {**answer(None, headers=DOWNLOAD_HEADERS), "content": dict.fromkeys(("image/*", *DOCUMENT_TYPES), _BINARY)},
    "401": answer(_REFUSED, "A private file without a good token: expired, of another file, realm or ended login"),
    "403": answer(_REFUSED, "A private file, and the bucket token of somebody else"),
    "404": answer(_REFUSED,
                  "Unknown; or FileIsBeingPrepared (detail.state `preparing`, Retry-After), or FileWasRefused "
                  "(detail.state `refused`, detail.reason)")}}

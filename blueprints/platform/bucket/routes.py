"""URL map of the bucket service (rules-platform §4): takes bucket tokens, never access tokens."""
from collections.abc import Sequence
from hashlib import sha256

from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from app.actor import Actor
from app.data.ids import canonical_uuid
from app.errors import InvalidInput, LoginRequired, NotFound, RuleViolated
from app.http.bearer import bearer_token, first_value
from app.http.declaration import Routes
from app.http.download import download
from app.http.envelope import json_response
from app.http.idempotency import answered_once
from blueprints.platform.bucket import documents
from blueprints.platform.bucket.access import bucket_holder, require_bucket, require_reader
from blueprints.platform.bucket.commands import Upload, store_files
from blueprints.platform.bucket.policies import POLICIES
from blueprints.platform.bucket.queries import content_of, stored_file


def routes_in(realm: str) -> Routes:
    """Return the URL map of a realm's buckets."""
    api = Routes(POLICIES)
    api.security_schemes = documents.SECURITY

    @api.system("/upload", name="uploadFiles", method="POST", **documents.UPLOAD)
    def upload(actor: Actor) -> Response:
        """Upload images and documents into a bucket, with its bucket token as Bearer; the same Idempotency-Key stores
        them once."""
        holder = bucket_holder(realm, _bearer())
        bucket_id, uploads = _form()
        require_bucket(holder, bucket_id)
        return answered_once(holder.actor, "uploadFiles", _repeated_part(bucket_id, uploads), lambda: json_response(
            {"success": True, "data": store_files(holder.actor, bucket_id, uploads or [Upload(None, b"")])}))

    @api.system("/download/{fileId}", name="downloadFile", **documents.DOWNLOAD)
    def download_file(actor: Actor, file_id: str) -> Response:
        """Download a file; one of a private bucket with a token."""
        known_id = canonical_uuid(file_id)
        if known_id is None:
            raise NotFound("errMsg_FileNotFound")
        file = stored_file(realm, known_id)
        require_reader(actor, file, read_token=first_value(request.args, "token"), bucket_token=bearer_token())
        response = download(content_of(file), file.mime_type, file.name)
        # A file never changes under its id; what is private is kept nowhere.
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if file.is_public else "no-store"
        return response

    return api


def _bearer() -> str:
    token = bearer_token()
    if token is None:
        raise LoginRequired("errMsg_BucketTokenIsNotValid")
    return token


def _repeated_part(bucket_id: str, uploads: Sequence[Upload]) -> bytes:
    """Return what a retry repeats: not the body itself, whose boundary is another one each time."""
    return "\n".join([bucket_id, *(sha256(upload.content).hexdigest() for upload in uploads)]).encode()


def _form() -> tuple[str, list[Upload]]:
    """Return the form's bucket id and files; raises RuleViolated too_large, InvalidInput without a bucket id."""
    try:
        files = request.files.getlist("files")
        bucket_id = request.form.get("bucketId", "").strip()
    except RequestEntityTooLarge:
        raise RuleViolated("too_large", "The upload is too large") from None
    if not bucket_id:
        raise InvalidInput("bucketId: is required", detail={"bucketId": "is required"})
    return bucket_id, [Upload(file.filename, file.read(), file.mimetype) for file in files]

"""Who may call the bucket: nobody logs in here; uploads and private files bring a token (access.py)."""
from app.identity.access import Predicate, public

POLICIES: dict[str, Predicate] = {
    "downloadFile": public,
    "uploadFiles": public,
}

"""Who may call the bucket: nobody logs in here, uploads bring a bucket token (rules-platform §4)."""
from app.identity.access import Predicate, public

POLICIES: dict[str, Predicate] = {
    "downloadFile": public,
    "uploadFiles": public,
}

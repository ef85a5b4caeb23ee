"""What the buckets do when an account is gone for good: its files go too (rules-platform §3.4)."""
from collections.abc import Sequence

from app.actor import system_actor
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from app.identity.bucket_tokens import private_bucket, user_bucket
from app.settings import REALM_CODENAMES
from blueprints.platform.auth.topics import purged_topic
from blueprints.platform.bucket.commands import empty_bucket


@subscribe_batch(*(purged_topic(realm) for realm in REALM_CODENAMES), name="bucket.purge")
def forget_files(events: Sequence[Event]) -> None:
    """Empty the buckets of purged users, the stored bytes too; twice is as good as once."""
    for event in events:
        for bucket in (user_bucket, private_bucket):
            empty_bucket(system_actor(event.realm), bucket(event.key))

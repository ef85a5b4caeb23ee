"""The devices that push messages go to: one row for each token that a push service gave out (rules-platform §6.1)."""
from base64 import urlsafe_b64decode
from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Index, Row, String, Text, delete, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.data.columns import Instant
from app.data.entity import Base
from app.data.ids import uuid7
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork
from app.data.upserts import upsert
from app.web_addresses import LONGEST_ADDRESS, split_address

PLATFORMS = IOS, ANDROID, WEB = "ios", "android", "web"
MOST_DEVICES = 20
"""How many devices a person has at most; of more, those that registered longest ago go."""

_KEYS = {"p256dh": 65, "auth": 16}


class DeviceToken(Base):
    """One token, of one person of a realm: whoever registered it last.

    `device_id` is how its person calls the device, with other persons' ids apart from it. `token` is what the push
    service of the platform knows it by; for `web` the JSON of a PushSubscription. `token_key` is its SHA-256."""

    __tablename__ = "device_token"
    __lock_rank__ = 897

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[str] = mapped_column(String(36))
    device_id: Mapped[str] = mapped_column(String(36))
    token: Mapped[str] = mapped_column(Text)
    token_key: Mapped[str] = mapped_column(String(64))
    platform: Mapped[str] = mapped_column(String(8))
    device_name: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)


Index("uq_device_token", DeviceToken.realm, DeviceToken.token_key, unique=True)
Index("ix_device_token_person", DeviceToken.realm, DeviceToken.user_id, DeviceToken.updated_at)


def register_device(work: UnitOfWork, user_id: str, *, token: str, platform: str, name: str | None = None,
                    device_id: str | None = None) -> str:
    """Have push messages to this person of the actor's realm go to a token, too; returns the id of the device.

    A token is one person's, the last who registered it; a device of the person has one token, the last one. Without
    `device_id` a token that the person has keeps its id. Rows are locked before anything is written: who registers the
    same at the same time waits."""
    realm, key, moment = work.actor.realm, sha256(token.encode()).hexdigest(), now()
    held = work.all(select(DeviceToken).where(DeviceToken.realm == realm, or_(
        DeviceToken.token_key == key, DeviceToken.user_id == user_id)).order_by(DeviceToken.id), lock=True)
    mine = [device for device in held if device.user_id == user_id]
    known = next((device for device in mine if device.token_key == key), None)
    called = device_id or (known.device_id if known else uuid7())
    new = {"user_id": user_id, "device_id": called, "platform": platform, "device_name": name, "updated_at": moment}
    work.execute(upsert(DeviceToken).values(
        id=uuid7(), realm=realm, token=token, token_key=key, created_at=moment, **new).on_conflict_do_update(
        index_elements=["realm", "token_key"], set_=new if known else new | {"created_at": moment})
        .execution_options(synchronize_session=False))
    others = sorted((device for device in mine if device.token_key != key and device.device_id != called),
                    key=lambda device: device.updated_at, reverse=True)
    stale = [device.id for device in mine if device.token_key != key and device.device_id == called]
    _remove(work, [*stale, *(device.id for device in others[MOST_DEVICES - 1:])])
    return called


def unregister_device(work: UnitOfWork, user_id: str, device_id: str) -> bool:
    """Send nothing to a device of this person any more; returns whether it was there."""
    return bool(work.execute(delete(DeviceToken).where(
        DeviceToken.realm == work.actor.realm, DeviceToken.user_id == user_id, DeviceToken.device_id == device_id)
        .execution_options(synchronize_session=False)).rowcount)


def forget_devices_of(work: UnitOfWork, user_id: str) -> None:
    """Send nothing to any device of this person of the actor's realm any more, until one registers again."""
    work.execute(delete(DeviceToken).where(DeviceToken.realm == work.actor.realm, DeviceToken.user_id == user_id)
                 .execution_options(synchronize_session=False))


def devices_of(realm: str, user_ids: Collection[str]) -> Sequence[Row[Any]]:
    """Return the rows of the devices of these people, the last registered first: whom a push message fans out to."""
    return fetch(select(*DeviceToken.__table__.columns).where(
        DeviceToken.realm == realm, DeviceToken.user_id.in_(user_ids)).order_by(
        DeviceToken.user_id, DeviceToken.updated_at.desc(), DeviceToken.id)) if user_ids else []


def forget_devices(work: UnitOfWork, ids: Collection[str]) -> None:
    """Remove the rows with these ids: their push service knows the tokens no more (FD-27)."""
    _remove(work, sorted(ids))


def _remove(work: UnitOfWork, ids: Sequence[str]) -> None:
    if ids:
        work.execute(delete(DeviceToken).where(DeviceToken.id.in_(ids)).execution_options(synchronize_session=False))


def read_subscription(text: str) -> str:
    """Return a browser's PushSubscription as one JSON text: its endpoint and keys alone, always written the same.

    The keys have 65 and 16 bytes (RFC 8291). Whether the endpoint may be called is decided when it is (FD-20). Raises
    ValueError that says what was expected."""
    expected = ValueError("expected the JSON of a PushSubscription: endpoint, keys.p256dh and keys.auth")
    try:
        said = orjson.loads(text)
        endpoint, keys = said["endpoint"], {name: said["keys"][name].rstrip("=") for name in _KEYS}
        parts = split_address(endpoint)
        lengths = {name: len(urlsafe_b64decode(key + "=" * (-len(key) % 4))) for name, key in keys.items()}
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise expected from None
    if parts.scheme != "https" or len(endpoint) > LONGEST_ADDRESS or lengths != _KEYS:
        raise expected
    return orjson.dumps({"endpoint": endpoint, "keys": keys}).decode()

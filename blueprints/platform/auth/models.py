"""The accounts: one table per realm, because the realms share nothing, not even what a user looks like on the wire.

An e-mail is taken by active and archived accounts; whom staff deleted may register anew (rules-platform §12 #12)."""
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Index, or_
from sqlalchemy.orm import Mapped

from app.data.columns import boolean, folded, identifier, instant, json_object, string, web_address
from app.data.entity import Entity
from app.data.short_ids import short_id_index
from app.identity.roles import USER


class Account(Entity):
    """What a user is in every realm (rules-platform §3.1)."""

    __abstract__ = True
    __service__ = "auth"
    __object__ = "user"
    __lock_rank__ = 12
    __owner__ = "id"
    # Wire properties beyond the common ones that only this realm's users have.
    __extras__: ClassVar[tuple[str, ...]] = ()

    email: Mapped[str] = string(required=True)
    password: Mapped[str] = string(hidden=True, required=True)
    fullname: Mapped[str] = string(required=True)
    avatar: Mapped[str | None] = web_address()
    role_id: Mapped[str] = string(32, required=True, default=USER)
    email_verified: Mapped[bool] = boolean(default=False)
    archived_at: Mapped[datetime | None] = instant(hidden=True)
    locked_until: Mapped[datetime | None] = instant(hidden=True)
    # What moderation decided, kept here for every rule that asks (moderation.md M-2, M-3); a ban ends at FOREVER.
    suspended_until: Mapped[datetime | None] = instant(hidden=True)
    suspended_by: Mapped[str | None] = identifier(hidden=True)
    no_selling_until: Mapped[datetime | None] = instant(hidden=True)
    no_buying_until: Mapped[datetime | None] = instant(hidden=True)
    needs_email_2fa: Mapped[bool] = boolean(default=False, hidden=True)
    needs_mobile_2fa: Mapped[bool] = boolean(default=False, hidden=True)
    folded_fullname: Mapped[str | None] = folded("fullname")


class MarketplaceUser(Account):
    """A user of the marketplace; `phone` acts as the mobile number (rules-platform §12 #9)."""

    __tablename__ = "marketplace_user"
    __realm__ = "marketplace"
    __extras__ = ("phone", "address")
    __duplicates__ = {"uq_marketplace_user_email": ("EmailAlreadyExists", "errMsg_emailAlreadyExists")}

    phone: Mapped[str | None] = string()
    address: Mapped[dict[str, Any] | None] = json_object()
    phone_digits: Mapped[str | None] = string(hidden=True)
    mobile_verified: Mapped[bool] = boolean(default=False, hidden=True)
    folded_address: Mapped[str | None] = folded("address")


class NetworkUser(Account):
    """A user of the network."""

    __tablename__ = "network_user"
    __realm__ = "network"
    __duplicates__ = {"uq_network_user_email": ("EmailAlreadyExists", "errMsg_emailAlreadyExists")}


_MODELS: dict[str, type[Account]] = {model.__realm__: model for model in (MarketplaceUser, NetworkUser)}


def account_model(realm: str) -> type[Account]:
    """Return the model of the realm's accounts."""
    return _MODELS[realm]


def holds_email(model: type[Account]) -> ColumnElement[bool]:
    """Return the condition under which an account keeps its e-mail from others; the unique index says the same."""
    return or_(model.is_active.is_(True), model.archived_at.is_not(None))


def is_unverified(model: type[Account]) -> ColumnElement[bool]:
    """Return the condition of accounts whose e-mail nobody has proved yet; the index of their age says the same."""
    return model.is_active.is_(True) & model.email_verified.is_(False)


for _model in _MODELS.values():
    Index(f"ix_{_model.__tablename__}_created", _model.created_at, _model.id)  # staff page through all of them
    Index(f"ix_{_model.__tablename__}_inactive", _model.updated_at,  # with the next: who rests (decision 41)
          sqlite_where=_model.is_active.is_(False), postgresql_where=_model.is_active.is_(False))
    for _ends in (_model.locked_until, _model.suspended_until, _model.no_selling_until, _model.no_buying_until):
        Index(f"ix_{_model.__tablename__}_{_ends.key}", _ends,
              sqlite_where=_ends.is_not(None), postgresql_where=_ends.is_not(None))
    Index(f"ix_{_model.__tablename__}_unverified", _model.created_at,
          sqlite_where=is_unverified(_model), postgresql_where=is_unverified(_model))
    Index(f"uq_{_model.__tablename__}_email", _model.email, unique=True,
          sqlite_where=holds_email(_model), postgresql_where=holds_email(_model))
    Index(f"ix_{_model.__tablename__}_archived_at", _model.archived_at,
          sqlite_where=_model.archived_at.is_not(None), postgresql_where=_model.archived_at.is_not(None))
    Index(f"ix_{_model.__tablename__}_role", _model.role_id)
    short_id_index(_model)
Index("ix_marketplace_user_phone_digits", MarketplaceUser.phone_digits)

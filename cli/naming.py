"""How one names an order, a listing, an account or another thing in the terminal (moderation.md M-29).

A whole id, a unique beginning of at least four digits, or the last eight, which tables show; an order also by its
number, an account by its e-mail. What names several is refused with their ids: none is changed by mistake."""
from collections.abc import Sequence
from typing import Any

import click

_LISTED = 5


def named_order(text: str) -> str:
    """Return the id of the order, a cancelled one too; raises ClickException for none and for several."""
    from blueprints.marketplace.order_management.inspection import orders_named

    return the_one(orders_named(text), f"there is no order {text}")


def named_premium_order(text: str) -> str:
    """Return the id of the order of premium, a deleted one too; raises ClickException for none and for several."""
    from blueprints.network.profile.premium_inspection import orders_named

    return the_one(orders_named(text), f"there is no order {text}")


def named_listing(text: str) -> str:
    """Return the id of the listing, a withdrawn one too; raises ClickException for none and for several."""
    from blueprints.marketplace.product_listing.inspection import listings_named

    return the_one(listings_named(text), f"there is no listing {text}")


def named_account(realm: str, text: str) -> str:
    """Return the id of the account, an archived or deleted one too; raises ClickException for none and for several."""
    from blueprints.platform.auth.inspection import accounts_named

    return the_one(accounts_named(realm, text), f"{realm} has no user {text}")


def named_thing(realm: str, entity_type: str, text: str) -> str:
    """Return the id of a thing that staff moderate, by what its service says it is named by.

    Raises ClickException for none and for several, and for a type that nobody moderates in the realm."""
    from app.data.moderated_kinds import ModeratedKinds
    from app.runtime import runtime

    kind = runtime().part(ModeratedKinds).get((realm, entity_type))
    ids = None if kind is None else kind.ids_meant(realm, text)
    if ids is None:
        raise click.ClickException(f"nothing of type {entity_type} is moderated in {realm}")
    return the_one(ids, f"there is no {entity_type} {text}")


def named_file(text: str) -> str:
    """Return the id of the uploaded file, of any realm; raises ClickException for none and for several."""
    from blueprints.platform.bucket.inspection import files_named

    return the_one(files_named(text), f"there is no file {text}")


def named_client(realm: str, text: str) -> str:
    """Return the id of the API client of the realm; raises ClickException for none and for several."""
    from blueprints.platform.auth.api_clients import clients_named

    return the_one(clients_named(realm, text), f"{realm} has no client {text}")


def named_bucket(realm: str, text: str) -> str:
    """Return the id of the bucket: whole, or whose it is by a beginning or the last digits of that id, and behind it as
    much of `-public-user-bucket` as tells it from the private one. Raises ClickException for none and for several."""
    from app.identity.bucket_tokens import private_bucket, user_bucket
    from blueprints.platform.auth.inspection import accounts_named

    if text.endswith("-bucket"):
        return text
    owner, dash, kind = text.partition("-pu") if "-pu" in text else text.partition("-pr")
    buckets = [(of_owner(user_id), user_id) for user_id in accounts_named(realm, owner)
               for of_owner in (user_bucket, private_bucket)]
    return the_one([bucket for bucket, user_id in buckets if bucket.startswith(f"{user_id}{dash}{kind}")],
                   f"{realm} has no bucket {text}")


def named_in_registry(kind: str, text: str) -> str:
    """Return the id of equipment, a legal entity, a division or a client of its registry; raises ClickException for
    several. A text that names none is left to the registry to refuse."""
    from blueprints.equipment.queries import ids_of

    found = ids_of(kind, text)
    return the_one(found, text) if found else text


def only_of(kind: str, text: str | None) -> str | None:
    """Return the id of what a list of the registry is narrowed to, None for nothing; raises ClickException for what
    there is not, and for several."""
    from blueprints.equipment.queries import ids_of

    return None if text is None else the_one(ids_of(kind, text), f"there is no {kind} {text}")


def active_account(realm: str, text: str) -> Any:
    """Return the row of the account, which must be active; raises ClickException for none and for several."""
    from blueprints.platform.auth.inspection import accounts_named
    from blueprints.platform.auth.queries import find_active_account_by_id

    missing = f"{realm} has no active user {text}"
    account = find_active_account_by_id(realm, the_one(accounts_named(realm, text), missing))
    if account is None:
        raise click.ClickException(missing)
    return account


def named_webhook(text: str) -> str:
    """Return the id of the webhook, of any realm; raises ClickException for none and for several."""
    from blueprints.platform.webhooks.inspection import webhooks_named

    return the_one(webhooks_named(text), f"there is no webhook {text}")


def named_delivery(endpoint_id: str, text: str) -> str:
    """Return the id of a message of the webhook; raises ClickException for none and for several."""
    from blueprints.platform.webhooks.inspection import deliveries_named

    return the_one(deliveries_named(endpoint_id, text), f"the webhook has no delivery {text}")


def the_one(found: Sequence[str], missing: str) -> str:
    """Return the only id that was found; raises ClickException with `missing` for none, and with some for several."""
    if not found:
        raise click.ClickException(missing)
    if len(found) > 1:
        more = " and more" if len(found) > _LISTED else ""
        raise click.ClickException(f"ambiguous: {', '.join(found[:_LISTED])}{more}")
    return found[0]

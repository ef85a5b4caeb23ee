"""The writes of productListing: list, edit, withdraw, and the media shown with a listing (rules-marketplace §8.3)."""
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.batches import purge
from app.data.columns import camel_case
from app.data.object_commands import restore_object
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import InvalidInput, RuleViolated
from app.identity.access import require_self_or_staff
from app.identity.bucket_tokens import user_bucket
from blueprints.marketplace.product_listing import rules
from blueprints.marketplace.product_listing.media_models import Media
from blueprints.marketplace.product_listing.models import Product
from blueprints.marketplace.product_listing.pricing import in_minor_units
from blueprints.platform.bucket.commands import Upload, hold_file, store_images
from blueprints.platform.people.queries import is_gone_for_good, refuse_inactive

CLOSE_AUCTION = "close-auction"


def create_product(actor: Actor, **given: Any) -> Product:
    """List a product of the actor's; amounts in major units.

    Raises InvalidInput that names every field the type, the currency or the order of dates forbids (§8.3)."""
    given = _settable(given, also=("type", "bidding_mode"))
    terms, faults = in_minor_units(given, {})
    _refuse_faults({**rules.listing_faults(terms), **rules.past_faults(terms, now()), **faults})
    product = Product(**terms, seller_id=actor.user_id)
    product.media_asset_ids = _distinct(terms.get("media_asset_ids") or [])
    with unit_of_work(actor) as work:
        refuse_inactive(actor, sellers=[actor.user_id])
        work.insert(product)
        _show_media(work, product, before=[])
        _set_end(work, product, product.end_bid_date)
        work.commit()
        return product


def create_products(actor: Actor, listings: Iterable[Mapping[str, Any]]) -> None:
    """List many products of the actor's in one transaction: all or, when one is refused, none."""
    with unit_of_work(actor) as work:
        for given in listings:
            create_product(actor, **given)
        work.commit()


def update_product(actor: Actor, product_id: str, **given: Any) -> Product:
    """Edit a listing; amounts in major units, absent fields stay.

    Raises NotFound, Forbidden (neither seller nor staff), RuleViolated while bids or orders hold it or when staff
    touch amounts that stand beside the secret reserve, InvalidInput."""
    with unit_of_work(actor) as work:
        product = work.lock(Product, product_id)
        require_self_or_staff(actor, product.seller_id)
        refuse_inactive(actor, sellers=[actor.user_id])
        _refuse(rules.edit_refusal(vars(product), now()))
        before, announced_end = list(product.media_asset_ids), product.end_bid_date
        work.change(product, **_checked_changes(actor, product, given))
        _show_media(work, product, before)
        is_moved = product.end_bid_date != announced_end
        _set_end(work, product, product.end_bid_date if is_moved else product.effective_end)
        work.commit()
        return product


def delete_product(actor: Actor, product_id: str) -> Product:
    """Withdraw a listing (soft delete); raises NotFound, Forbidden, RuleViolated while held unless staff."""
    with unit_of_work(actor) as work:
        product = work.lock(Product, product_id)
        require_self_or_staff(actor, product.seller_id)
        if not actor.is_staff:
            _refuse(rules.engagement(vars(product), now()))
        work.schedule(CLOSE_AUCTION, product.id, None)
        work.archive(product)
        work.commit()
        return product


def restore_product(actor: Actor, product_id: str) -> bool:
    """Bring a withdrawn listing back; returns whether it was gone. What it had promised ended with the withdrawal.

    An auction that still runs goes on, and its close is scheduled again; one that was closed comes back closed (M-25).
    Raises NotFound, RuleViolated: SellerInactive for a seller who is gone for good, AuctionEnding."""
    with unit_of_work(actor) as work:
        product = work.lock(Product, product_id, archived_too=True)
        was_gone = not product.is_active
        if was_gone:
            if is_gone_for_good(actor.realm, product.seller_id):
                raise RuleViolated("SellerInactive", "The seller of the listing is gone for good")
            _refuse(rules.restore_refusal(vars(product), now()))
            work.restore(product)
            work.schedule(CLOSE_AUCTION, product.id, None if product.closed_at else product.effective_end)
        work.commit()
    return was_gone


def withdraw_listings_of(actor: Actor, seller_id: str, cause: str | None) -> int:
    """Withdraw every live listing of a seller who is gone for good; returns how many. What was ordered stays.

    In batches, because a shop may have very many, so not in a unit of work; `cause` is the request that ended him."""
    live = (Product.seller_id == seller_id, Product.is_active.is_(True))

    def find(size: int) -> list[str]:
        return [row.id for row in fetch(select(Product.id).where(*live).order_by(Product.id).limit(size))]

    def withdraw(work: UnitOfWork, ids: Sequence[str]) -> None:
        with work.acting_for(actor, cause):
            for product in work.all(select(Product).where(Product.id.in_(ids), *live).order_by(Product.id), lock=True):
                work.schedule(CLOSE_AUCTION, product.id, None)
                work.archive(product)

    return purge(actor, find, withdraw)


def create_media(actor: Actor, *, mime_type: str, url: str, size: int, product_id: str | None = None,
                 id: str | None = None) -> Media:
    """Record a media asset of `size` bytes; raises InvalidInput, NotFound or Forbidden for the product it names."""
    _refuse_faults(rules.media_faults(mime_type, size))
    with unit_of_work(actor) as work:
        if product_id is not None:
            require_self_or_staff(actor, work.get(Product, product_id).seller_id)
        media = work.insert(Media(id=id, mime_type=mime_type, url=url, size=size, product_id=product_id,
                                  uploader_id=actor.user_id))
        work.commit()
        return media


def upload_media(actor: Actor, name: str | None, content: bytes) -> tuple[Media, str]:
    """Keep an image in the actor's bucket, record it as a media asset, and return that with the state of its file.

    Raises RuleViolated no_file, invalid_mime or too_large: what counts are the bytes, not the declared type."""
    [file] = store_images(actor, user_bucket(str(actor.user_id)), [Upload(name, content)])
    return create_media(actor, mime_type=file["mimeType"], url=file["downloadUrl"], size=file["size"]), file["state"]


def delete_media(actor: Actor, media_id: str) -> Media:
    """Remove a media asset (soft delete); for its uploader, the seller of its product, or staff."""
    with unit_of_work(actor) as work:
        media = work.lock(Media, media_id)
        shown_by = work.find(Product, Product.id == media.product_id) if media.product_id else None
        require_self_or_staff(actor, media.uploader_id, shown_by.seller_id if shown_by else None)
        work.archive(media)
        work.commit()
        return media


def remove_media(actor: Actor, media_id: str) -> None:
    """Remove a media asset that staff flagged, for another service, which is lent no row of it; raises as delete_media.

    Its file of ours does not load by its address either."""
    with unit_of_work(actor) as work:
        hold_file(work, delete_media(actor, media_id).url, held=True)
        work.commit()


def restore_media(actor: Actor, media_id: str) -> bool:
    """Bring a removed media asset back, on the listings that name it too, and its file; returns whether it was gone.

    Raises NotFound, RuleViolated ThingHeld."""
    with unit_of_work(actor) as work:
        was_gone = restore_object(actor, Media, media_id)
        if was_gone:
            hold_file(work, work.lock(Media, media_id).url, held=False)
        work.commit()
    return was_gone


def _settable(given: Mapping[str, Any], also: Iterable[str] = ()) -> dict[str, Any]:
    closed = set(rules.FIXED_AT_CREATION) - set(also)
    return {name: value for name, value in given.items() if name not in closed}


def _checked_changes(actor: Actor, product: Product, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the edit changes, in minor units; raises InvalidInput when the listing would not be sound."""
    given = _settable(given)
    append, remove = given.pop("media_asset_ids_append", None), given.pop("media_asset_ids_remove", None)
    changes, faults = in_minor_units(given, vars(product))
    changed = [name for name, value in changes.items() if value != getattr(product, name)]
    if not actor.is_user(product.seller_id) and rules.probes_the_reserve(given, changed):
        raise RuleViolated("SellersAmounts",
                           "Only the seller changes the currency, endBid, buyNowPrice and reservePrice")
    edited = {**vars(product), **changes}
    _refuse_faults({**rules.listing_faults(edited), **rules.past_faults(changes, now()), **faults})
    if "media_asset_ids" in changes:
        changes["media_asset_ids"] = _distinct(changes["media_asset_ids"])
    elif append or remove:
        changes["media_asset_ids"] = rules.edited_media(product.media_asset_ids, append, remove)
    return changes


def _set_end(work: UnitOfWork, product: Product, ends: datetime | None) -> None:
    """Let the auction end then, though not past its hard end; a listing without an end is closed by staff only."""
    ends = rules.end_within(vars(product), ends)
    if ends != product.effective_end:
        work.change(product, effective_end=ends)
        work.schedule(CLOSE_AUCTION, product.id, ends)


def _show_media(work: UnitOfWork, product: Product, before: list[str]) -> None:
    """Check the media the listing now shows and did not before; note on each which product showed it first (PR4)."""
    shown = product.media_asset_ids
    if len(shown) > rules.MEDIA_PER_LISTING:
        _refuse_faults({"media_asset_ids": f"must not be more than {rules.MEDIA_PER_LISTING}"})
    touched = {*shown} ^ {*before}
    if not touched:
        return
    found = {media.id: media for media in work.all(select(Media).where(Media.id.in_(touched), Media.is_active))}
    unknown = [media_id for media_id in shown
               if media_id in touched and (media_id not in found or found[media_id].held is not None)]
    if unknown:
        _refuse_faults({"media_asset_ids": f"unknown media asset {unknown[0]}"})
    for media in found.values():
        _claim_or_release(work, product, media)


def _claim_or_release(work: UnitOfWork, product: Product, media: Media) -> None:
    if media.id not in product.media_asset_ids:
        if media.product_id == product.id:
            work.change(media, product_id=None)
        return
    require_self_or_staff(work.actor, media.uploader_id, message="errMsg_mediaAssetBelongsToSomebodyElse")
    if media.product_id is None:
        work.change(media, product_id=product.id)


def _distinct(media_ids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(media_ids))


def _refuse(refusal: tuple[str, str] | None) -> None:
    if refusal is not None:
        raise RuleViolated(*refusal)


def _refuse_faults(faults: rules.Faults) -> None:
    if faults:
        detail = {camel_case(name): said for name, said in faults.items()}
        raise InvalidInput("; ".join(f"{name}: {said}" for name, said in detail.items()), detail=detail)

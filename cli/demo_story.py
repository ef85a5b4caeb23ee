"""What the demo's people have done with each other: orders, reviews, messages, watchlists, reports, an appeal …

Tables of what happened, and what lets each row of them happen through the same commands as the API."""
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.actor import Actor, system_actor
from app.clock import moved_clock, now
from app.data.reads.read_request import ReadRequest
from app.errors import DuplicateRecord
from blueprints.marketplace.auction_offer.commands import close_auction, place_bid
from blueprints.marketplace.feedback.commands import give_feedback, reply_to_feedback
from blueprints.marketplace.messaging.commands import send_message, set_message_read
from blueprints.marketplace.order_management.commands import change_status
from blueprints.marketplace.order_management.placing import Wanted, place_order
from blueprints.marketplace.order_management.rules import CHOSEN_LATER
from blueprints.marketplace.product_listing.commands import create_product
from blueprints.marketplace.watchlist_cart.cart_commands import add_to_cart
from blueprints.marketplace.watchlist_cart.commands import create_folder, watch
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.appeals import appeal, list_appeals
from blueprints.platform.moderation.cases import act
from blueprints.platform.moderation.strike_queries import list_strikes
from blueprints.platform.people.commands import block_person
from cli.demo_factories import (
    ANNA,
    BEN,
    CLEO,
    EMIL,
    GRETA,
    HUGO,
    JAN,
    OPERATOR,
    REALM,
    SELLERS,
    auction_values,
    demo_id,
    product_id,
)
from cli.demo_reports import report_once

DEFAULT_LIST = ""
_STAFF = system_actor(REALM, operator=OPERATOR)
ADDRESS = {"street": "1 Harbour Street", "city": "Newport"}


@dataclass(frozen=True, slots=True)
class Review:
    """What the buyer of a thing said of its seller, and the seller's answer."""

    stars: int
    comment: str
    reply: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """One message; the thread is over when its receiver blocks the sender for it."""

    sender: str
    receiver: str
    text: str
    is_read: bool = True
    is_blocked: bool = False


# Buyer → title of what was bought → its review; each buyer has one order, which has arrived.
BOUGHT: dict[str, dict[str, Review]] = {
    BEN: {
        "Steel bracelet, 18 mm": Review(5, "Complete, and here the next day.", "Thank you, Ben. Wear it well."),
        "A shelf of sea novels": Review(4, "Forty good books. One has no last page."),
        "Folding camera, 6 × 9": Review(2, "The bellows has a hole that no picture showed.",
                                        "Sorry! Send it back, the postage is mine."),
    },
    CLEO: {
        "Silver hunter, 1911": Review(5, "Keeps time to the minute."),
        "Famous diver's watch, as new": Review(1, "This is no original. The dial is printed on paper."),
        "Digging fork": Review(3, "Does its work; the handle is another than in the picture."),
    },
    EMIL: {"Silver hunter, 1911": Review(5, "As described, and well packed.")},
}

# Who has paid for what, which nobody has shipped: its seller is suspended, so staff may.
UNSHIPPED = ((EMIL, "Laptop, 12 inch"),)
# Whose auction ended three days ago, and who bid how much; the last has won, and not ordered it.
UNPAID = ((HUGO, "Station clock, 1920", ((BEN, "60"), (CLEO, "75"))),)

THREADS = (
    Letter(BEN, ANNA, "Does the strap fit a lug width of 20 mm exactly?"),
    Letter(ANNA, BEN, "Yes, measured this morning."),
    Letter(BEN, ANNA, "Then I take it. Would you send two in one parcel?", is_read=False),
    Letter(CLEO, ANNA, "Is the Cartier's movement the original one?"),
    Letter(ANNA, CLEO, "It is; the papers are in the box.", is_read=False),
    Letter(CLEO, GRETA, "The dial is printed on paper. I want my money back."),
    Letter(GRETA, CLEO, "Take back your review first."),
    Letter(GRETA, CLEO, "Take back your review, or everybody hears what you are like.", is_read=False,
           is_blocked=True),
    Letter(EMIL, BEN, "There is a second shelf of sea novels, if you want more.", is_read=False),
)

# Who reports what, why, and says what of it: the queue shows the heaviest first. Two are about one thing.
REPORTS = (
    (BEN, "PRODUCT", product_id("Famous diver's watch, as new"), "COUNTERFEIT", "The maker never built this dial."),
    (CLEO, "PRODUCT", product_id("Famous diver's watch, as new"), "FRAUD", "I bought one. It is printed paper."),
    (CLEO, "MESSAGE", demo_id("message", "7"), "HARASSMENT", "She threatens me because of my review."),
    (GRETA, "FEEDBACK", demo_id("feedback", CLEO, "Famous diver's watch, as new"), "OTHER", "This is not true."),
    (HUGO, "USER", demo_id(EMIL), "SPAM", "Writes to everybody who ever bought a book."),
)
# Whose listing staff have warned of, why, and how its seller appeals.
APPEALS = ((EMIL, "Budding knife", "prohibited", "A knife that opens with one hand.",
            "It is a gardener's knife for grafting; the blade is fixed."),)

# Who is suspended, for how many days, by which rule and why.
SUSPENDED = ((JAN, 30, "fraud", "Takes the money and sends nothing."),)

# Whose, in which list, what is watched.
WATCHED = (
    (BEN, DEFAULT_LIST, "50 mm lens, clean glass"), (BEN, DEFAULT_LIST, "Silver hunter, 1911"),
    (BEN, "Birthday", "Cartier Tank, 1974"), (BEN, "Birthday", "Rangefinder with 45 mm lens"),
    (CLEO, DEFAULT_LIST, "Palm m515 with cradle"), (CLEO, "Auctions", "Cartier Tank, 1974"),
)
# Whose cart, what is in it, how many.
CARTS = ((BEN, "Leather strap, 20 mm", 2), (BEN, "Digging fork", 1), (CLEO, "Lens hood, 49 mm", 1))


def actor_of(email: str) -> Actor:
    """Return a person of the demo as the commands know whoever is logged in."""
    return Actor(REALM, demo_id(email), role="user")


def _buy(buyer: str, things: dict[str, Review]) -> None:
    order_id = demo_id("order", buyer)
    _pay(order_id, buyer, things)
    change_status(_STAFF, order_id, status="SHIPPED", carrier="DHL", tracking_number="00340434161094")
    change_status(actor_of(buyer), order_id, status="DELIVERED")


def _wait_for(buyer: str, title: str) -> None:
    _pay(demo_id("order", buyer, title), buyer, [title])


def _pay(order_id: str, buyer: str, titles: Iterable[str]) -> None:
    place_order(actor_of(buyer), id=order_id, payment_method_id=CHOSEN_LATER, stripe_customer_id=CHOSEN_LATER,
                shipping_address=ADDRESS,
                lines=[Wanted(product_id(title), item_id=_item(buyer, title)) for title in titles])
    change_status(_STAFF, order_id, status="PAID", reason=OPERATOR)


def _win(seller: str, title: str, bids: Sequence[tuple[str, str]]) -> None:
    shelf = demo_id("Watches"), demo_id("Watches", "Pocket watches")
    with moved_clock(days=-5):
        listing = auction_values(*shelf, id=product_id(title), title=title, days=2)
        create_product(actor_of(seller), **listing)
        for bidder, amount in bids:
            place_bid(actor_of(bidder), product_id=product_id(title), bid_amount=Decimal(amount),
                      currency=listing["currency"])
    with moved_clock(days=-3):
        close_auction(_STAFF, product_id(title))


def _review(buyer: str, title: str, review: Review) -> None:
    seller, feedback_id = SELLERS[title], demo_id("feedback", buyer, title)
    give_feedback(actor_of(buyer), id=feedback_id, order_id=demo_id("order", buyer), order_item_id=_item(buyer, title),
                  seller_id=demo_id(seller), product_id=product_id(title), rating=review.stars, comment=review.comment)
    if review.reply is not None:
        reply_to_feedback(actor_of(seller), feedback_id, reply=review.reply)


def _write(number: int, letter: Letter) -> None:
    message_id, receiver = demo_id("message", str(number)), actor_of(letter.receiver)
    send_message(actor_of(letter.sender), id=message_id, to_user_id=demo_id(letter.receiver), content=letter.text)
    if letter.is_read:
        set_message_read(receiver, message_id, is_read=True)
    if letter.is_blocked:
        block_person(receiver, demo_id(letter.sender))


def _make_list(owner: str, name: str) -> None:
    create_folder(actor_of(owner), name=name, id=demo_id("list", owner, name))


def _watch(owner: str, name: str, title: str) -> None:
    watch(actor_of(owner), product_id=product_id(title), added_at=now(), id=demo_id("watched", owner, name, title),
          list_id=None if name == DEFAULT_LIST else demo_id("list", owner, name))


def _put_into_cart(owner: str, title: str, quantity: int) -> None:
    add_to_cart(actor_of(owner), product_id=product_id(title), quantity=quantity, added_at=now(),
                id=demo_id("cart", owner, title))


def _report(reporter: str, *words: str) -> None:
    report_once(actor_of(reporter), *words)


def _appeal(person: str, title: str, rule: str, reason: str, text: str) -> None:
    if list_appeals(actor_of(person), ReadRequest()).rows:  # also one that staff have decided
        raise DuplicateRecord("DuplicateAppeal", "the demo appeals once")
    done = act(_STAFF, ActOrder("WARN", "PRODUCT", product_id(title)), reason=reason, rule=rule)
    if done.strike is not None:
        appeal(actor_of(person), strike_number=done.strike.number, text=text)


def _suspend(person: str, days: int, rule: str, reason: str) -> None:
    if list_strikes(_STAFF, ReadRequest(), demo_id(person)).rows:  # also one that staff have revoked
        raise DuplicateRecord("DuplicateStrike", "the demo suspends once")
    act(_STAFF, ActOrder("SUSPEND", "USER", demo_id(person), days=days), reason=reason, rule=rule)


def _item(buyer: str, title: str) -> str:
    return demo_id("order item", buyer, title)


# What is counted → what lets one happen, and all of them, in the order in which they need each other.
STORY: dict[str, tuple[Callable[..., None], Sequence[tuple[Any, ...]]]] = {
    "orders": (_buy, tuple(BOUGHT.items())),
    "unshippedOrders": (_wait_for, UNSHIPPED),
    "unpaidAuctions": (_win, UNPAID),
    "feedback": (_review, tuple((buyer, *one) for buyer, things in BOUGHT.items() for one in things.items())),
    "messages": (_write, tuple(enumerate(THREADS))),
    "lists": (_make_list, tuple(sorted({(owner, name) for owner, name, _ in WATCHED if name != DEFAULT_LIST}))),
    "watched": (_watch, WATCHED),
    "cartItems": (_put_into_cart, CARTS),
    "reports": (_report, REPORTS),
    "appeals": (_appeal, APPEALS),
    "suspensions": (_suspend, SUSPENDED),
}

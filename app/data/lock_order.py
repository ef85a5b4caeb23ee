"""The order in which one transaction may lock rows; whoever locks against it deadlocks on PostgreSQL, so it is refused.

A model names its place in the order: `__lock_rank__`. Lock the row that decides first and only that one, unless a rule
spans several."""
from app.data.entity import Base

# The ranks, lowest first; a model without one cannot be locked. Ranks are ten apart, so that a new model fits between.
#   0 - 5     outbox records, deliveries of their events: claimed before their handlers lock anything
#   6 - 10    cases, reports, acts, strikes, appeals of moderation: they decide over people and things
#   12 - 15   accounts, who blocks whom
#   20 - 30   categories, subcategories
#   40 - 50   listings, media: a listing decides over everything agreed about it
#   60 - 70   offers, bids: agreements, given back before their order is locked
#   80 - 120  orders, their lines, payment references, customers and kept cards at the gateway
#   130 - 135 feedback, then the counters of its seller
#   140 - 145 conversations, their messages
#   150 - 170 lists of watched listings, what is in them, carts: a paid order empties its buyer's cart
#   180 - 200 notifications, search records, moderation actions: they speak of everything above
#   210 - 220 payment attempts, refunds: behind their order
#   300 - 330 equipment: legal entity, equipment, division, client
#   400 - 409 the network: a person among the connections, ties, requests, connections, bars
#   420 - 429 companies, their admins, followers, updates, tallies
#   440 - 449 posts, comments, likes, tallies, the feed
#   460 - 469 postings, applications
#   480 - 489 conversations, messages, participants, receipts
#   500 - 509 profiles, their terms and views, dictionaries
#   880 - 882 filters that people keep, copies of views
#   890       uploaded files
#   895       devices of push messages
#   900 - 990 letters, idempotency keys, due work, the end of the audit chain: settled last


class LockOrderError(RuntimeError):
    """A command locks rows against the order, or of a model without a rank: a programming error that would deadlock."""


def check_order(held: type[Base] | None, wanted: type[Base]) -> None:
    """Refuse to lock a row of `wanted` after one of `held`, the highest so far, when `held` comes later in the order.

    Raises LockOrderError, also for a model that names no rank."""
    if wanted.__lock_rank__ is None:
        raise LockOrderError(f"{wanted.__name__} names no __lock_rank__, so it cannot be locked "
                             "(app/data/lock_order.py)")
    if held is not None and held.__lock_rank__ is not None and wanted.__lock_rank__ < held.__lock_rank__:
        raise LockOrderError(f"{wanted.__name__} must be locked before {held.__name__} (app/data/lock_order.py)")

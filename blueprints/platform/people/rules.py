"""Who may trade, decided from the columns of an account alone (decision 41, moderation.md M-3)."""
from datetime import datetime
from typing import Protocol

ACTING, SELLING, BUYING, WINNING, SETTLING = "acting", "selling", "buying", "winning", "settling"
"""As what somebody is asked about: being here at all; selling; bidding, offering and ordering; winning by a bid that
stands already, which a suspension leaves alone and a ban does not (M-5, M-6); keeping what was paid (M-7)."""


class Account(Protocol):
    """What its holder and the passing of time make of an account; None: no lock."""

    @property
    def is_active(self) -> bool: ...
    @property
    def locked_until(self) -> datetime | None: ...


class Standing(Account, Protocol):
    """The same with what moderation has taken from its holder (M-3); each end is None where there is none."""

    @property
    def is_banned(self) -> bool: ...
    @property
    def suspended_until(self) -> datetime | None: ...
    @property
    def no_selling_until(self) -> datetime | None: ...
    @property
    def no_buying_until(self) -> datetime | None: ...


def may_trade(standing: Standing, side: str, now: datetime) -> bool:
    """Return whether a person sells, buys or wins now: neither archived, deleted, locked nor suspended from it."""
    if not standing.is_active or _holds(standing.locked_until, now):
        return False
    if side == SETTLING:
        return True
    if side == WINNING:
        return not standing.is_banned
    of_side = {SELLING: standing.no_selling_until, BUYING: standing.no_buying_until}.get(side)
    return not _holds(standing.suspended_until, now) and not _holds(of_side, now)


def _holds(until: datetime | None, now: datetime) -> bool:
    return until is not None and until > now

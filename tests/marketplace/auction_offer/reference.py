"""The brute-force auction: knows every bid ever accepted, resolves from scratch in whole dollars and cents.

Deliberately written apart from rules.py (its own increments, no state of leader or runner-up) to disagree with it."""
from decimal import Decimal

STEPS = [("1", "0.05"), ("5", "0.25"), ("25", "0.50"), ("100", "1"), ("250", "2.50"), ("500", "5"), ("1000", "10"),
         ("2500", "25"), ("5000", "50"), ("Infinity", "100")]


def step(cents: int) -> int:
    return int(next(Decimal(size) for below, size in STEPS if Decimal(cents) / 100 < Decimal(below)) * 100)


class Reference:
    """`bids` are (bidder, cents) in the order of acceptance."""

    def __init__(self, mode: str, floor: int, reserve: int | None = None) -> None:
        self.mode, self.floor, self.reserve = mode, floor, reserve
        self.bids: list[tuple[str, int]] = []

    def ranking(self, upto: int | None = None) -> list[tuple[str, int]]:
        """The best bid of each bidder, highest first, earlier first among equals."""
        history = self.bids[:upto]
        best = {bidder: max((cents, -place) for place, (who, cents) in enumerate(history) if who == bidder)
                for bidder in {who for who, _ in history}}
        return sorted(((who, cents) for who, (cents, _) in best.items()), key=lambda row: best[row[0]], reverse=True)

    def price(self, upto: int | None = None) -> int | None:
        upto = len(self.bids) if upto is None else upto
        ranking = self.ranking(upto)
        if not ranking:
            return None
        (leader, top), others = ranking[0], ranking[1:]
        if self.mode == "OPEN":
            return top
        if not others:
            price = self.floor
        elif self.bids[upto - 1][0] == leader == self.ranking(upto - 1)[0][0]:
            price = self.price(upto - 1)
        else:
            price = min(top, others[0][1] + step(others[0][1]))
        return max(price, self.reserve) if self.reserve and top >= self.reserve else price

    def leader(self) -> str | None:
        ranking = self.ranking()
        return ranking[0][0] if ranking else None

    def would_take(self, bidder: str, cents: int) -> bool:
        if not self.bids:
            return cents >= self.floor
        own = max((amount for who, amount in self.bids if who == bidder), default=0)
        if self.mode == "PROXY" and bidder == self.leader():
            return cents > own
        return cents > own and cents >= self.price() + step(self.price())

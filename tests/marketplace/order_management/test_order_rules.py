"""Who may take an order where, what it costs, and what the house earns."""
import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprints.marketplace.order_management.rules import (
    BUYER,
    ORDER_STATUSES,
    SELLER,
    SOME_SELLER,
    STAFF,
    SUPER_ADMIN,
    Line,
    Shares,
    commission_back,
    commission_rate,
    is_order_number,
    is_payable,
    may_ever_set,
    may_follow,
    order_number,
    parse_commission,
    roles_of,
    shares_of,
    split,
    status_after_refund,
    summarize,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
amounts = st.integers(0, 10 ** 9)
lines = st.builds(Line, price=amounts, shipping=amounts, quantity=st.integers(1, 1000))


class TestActors:
    @pytest.mark.parametrize("wanted", ["PAID", "PROCESSING", "SHIPPED", "CANCELLED", "REFUNDED", "PENDING_PAYMENT"])
    def test_the_buyer_sets_nothing_but_delivered(self, wanted):
        """OR-6, OR-8"""
        assert not may_ever_set(wanted, frozenset({BUYER}))
        assert may_ever_set("DELIVERED", frozenset({BUYER}))

    def test_the_seller_ships_but_does_not_confirm_delivery_or_give_money_back(self):
        assert may_ever_set("SHIPPED", frozenset({SELLER}))
        for wanted in ("DELIVERED", "REFUNDED", "CANCELLED", "PAID"):
            assert not may_ever_set(wanted, frozenset({SELLER}))

    def test_the_seller_of_one_of_two_sellers_items_is_no_seller_of_the_order(self):
        """OR-7"""
        facts = {"is_staff": False, "is_super_admin": False, "buyer_id": "b"}
        assert roles_of(user_id="s", seller_ids=["s", "t"], **facts) == frozenset({SOME_SELLER})
        assert roles_of(user_id="s", seller_ids=["s", "s"], **facts) == frozenset({SELLER})
        assert roles_of(user_id="s", seller_ids=[], **facts) == frozenset()
        assert roles_of(user_id=None, seller_ids=["s"], **facts) == frozenset()

    @pytest.mark.parametrize(("who", "role"), [("b", BUYER), ("s", SELLER)])
    def test_staff_are_no_staff_in_an_order_of_their_own_but_the_super_admin_is(self, who, role):
        """M-13"""
        facts = {"user_id": who, "is_staff": True, "buyer_id": "b", "seller_ids": ["s"]}
        assert roles_of(is_super_admin=False, **facts) == frozenset({role})
        assert roles_of(is_super_admin=True, **facts) == frozenset({role, STAFF, SUPER_ADMIN})

    def test_staff_settles_mixed_orders(self):
        roles = roles_of(user_id="a", is_staff=True, is_super_admin=True, buyer_id="b", seller_ids=["s", "t"])
        assert roles == frozenset({STAFF, SUPER_ADMIN})
        assert all(may_ever_set(wanted, roles) for wanted in ORDER_STATUSES)


class TestTransitions:
    @pytest.mark.parametrize(("current", "wanted"), [
        ("PENDING_PAYMENT", "SHIPPED"), ("PENDING_PAYMENT", "DELIVERED"), ("PAID", "DELIVERED"),
        ("SHIPPED", "CANCELLED"),
        ("DELIVERED", "CANCELLED"), ("REFUNDED", "PAID"), ("CANCELLED", "PAID"), ("DELIVERED", "SHIPPED"),
        ("PROCESSING", "PAID"), ("PAID", "PENDING_PAYMENT")])
    def test_an_order_does_not_jump_or_go_back(self, current, wanted):
        assert not may_follow(current, wanted, was_paid=True)

    @given(st.sampled_from(ORDER_STATUSES), st.booleans())
    def test_the_same_status_again_is_refused(self, status, was_paid):
        assert not may_follow(status, status, was_paid=was_paid)

    @given(st.sampled_from(ORDER_STATUSES))
    def test_what_was_never_paid_is_not_refunded(self, status):
        assert not may_follow(status, "REFUNDED", was_paid=False)

    @given(st.sampled_from(ORDER_STATUSES))
    def test_nothing_follows_a_refund(self, wanted):
        assert not may_follow("REFUNDED", wanted, was_paid=True)

    def test_an_order_goes_from_payment_to_delivery(self):
        way = ["PENDING_PAYMENT", "PAID", "PROCESSING", "SHIPPED", "DELIVERED", "REFUNDED"]
        assert all(may_follow(a, b, was_paid=True) for a, b in itertools.pairwise(way))
        assert may_follow("PAID", "SHIPPED", was_paid=True)


class TestPayable:
    def payable(self, status, confirmation, **others):
        facts = {"was_paid": False, "payable_until": NOW + timedelta(hours=1), "now": NOW} | others
        return is_payable(status, confirmation, **facts)

    def test_a_paid_order_is_not_paid_again(self):
        assert not self.payable("PAID", "paid", was_paid=True)
        assert not self.payable("CANCELLED", "canceled", was_paid=True)
        assert not self.payable("PENDING_PAYMENT", "paid")

    def test_an_order_its_buyer_cancelled_is_not_paid(self):
        assert not self.payable("CANCELLED", "pending")
        assert not self.payable("CANCELLED", "canceled", payable_until=None)

    def test_a_failed_payment_is_retried_for_a_day_and_no_longer(self):
        """OR-4, decision 15"""
        assert self.payable("CANCELLED", "canceled")
        assert not self.payable("CANCELLED", "canceled", payable_until=NOW)

    def test_an_unpaid_order_is_payable(self):
        assert self.payable("PENDING_PAYMENT", "pending")
        assert self.payable("PENDING_PAYMENT", "processing")


class TestMoney:
    def test_shipping_counts_per_unit(self):
        summary = summarize([Line(10_000, 500, 2), Line(250, 0, 1)], "USD")
        assert (summary.subtotal, summary.shipping, summary.discount, summary.total) == (20_250, 1_000, 0, 21_250)

    def test_an_order_beyond_all_measure_is_refused(self):
        with pytest.raises(ValueError, match="too large"):
            summarize([Line(10 ** 12, 0, 1000)], "USD")

    @given(st.lists(lines, max_size=8))
    def test_the_total_is_the_sum_of_what_each_line_costs(self, some):
        summary = summarize(some, "USD")
        assert summary.total == sum(line.gross for line in some) == summary.subtotal + summary.shipping

    @given(lines, st.decimals(0, 100, places=2))
    def test_commission_is_a_part_of_the_goods_to_the_nearest_unit(self, line, percent):
        shares = shares_of(line, percent)
        assert shares.gross == line.gross
        assert 0 <= shares.commission <= line.goods
        assert abs(Decimal(shares.commission) - line.goods * percent / 100) <= Decimal("0.5")

    @given(st.integers(0, 10 ** 12), st.lists(amounts, min_size=1, max_size=12))
    def test_a_split_loses_and_invents_nothing(self, amount, weights):
        parts = split(amount, weights)
        assert sum(parts) == amount
        assert all(part >= 0 for part in parts)

    @given(st.lists(amounts, min_size=1, max_size=12).filter(any), st.data())
    def test_no_part_of_a_split_is_above_its_weight(self, weights, data):
        amount = data.draw(st.integers(0, sum(weights)))
        assert all(part <= weight for part, weight in zip(split(amount, weights), weights, strict=True))

    def test_commission_differs_by_category(self):
        rates = parse_commission("10, c1:12.5")
        assert (commission_rate(rates, "c1"), commission_rate(rates, "c2")) == (Decimal("12.5"), Decimal(10))

    @pytest.mark.parametrize("written", ["", "c1:5", "ten", "-1", "101", "10,c1:NaN", "10,11", "10,c1:1,c1:2"])
    def test_a_commission_that_cannot_be_meant_is_refused(self, written):
        with pytest.raises(ValueError):
            parse_commission(written)


class TestRefunds:
    def test_only_a_whole_refund_is_refunded(self):
        assert status_after_refund("DELIVERED", 1000, 999) == "DELIVERED"
        assert status_after_refund("DELIVERED", 1000, 1000) == "REFUNDED"
        assert status_after_refund("PENDING_PAYMENT", 0, 0) == "PENDING_PAYMENT"

    @given(lines, st.decimals(0, 100, places=2), st.lists(st.tuples(st.integers(1, 10 ** 9), st.booleans())))
    def test_a_line_given_back_in_parts_returns_its_whole_commission(self, line, percent, wishes):
        """Also when banks send some of the parts back."""
        sale = left = shares_of(line, percent)
        parts: list[tuple[int, int]] = []
        for wish, comes_back in [*wishes, (line.gross, False)]:
            if comes_back and parts:
                left = left.plus(*parts.pop(0))
            part = min(wish, left.gross)
            back = commission_back(sale, left, part)
            assert 0 <= back <= left.commission
            parts.append((part, back))
            left = left.plus(-part, -back)
        assert left == Shares(0, 0)


class TestNumbers:
    @given(st.integers(0, 2 ** 50), st.integers(0, 2 ** 40))
    def test_an_order_number_is_short_and_starts_with_ord(self, milliseconds, chance):
        number = order_number(milliseconds, chance)
        assert number.startswith("ORD-")
        assert number[4:].isalnum()
        assert is_order_number(number)
        assert int(order_number(milliseconds, 0)[4:-1], 36) == milliseconds

    @pytest.mark.parametrize("text", ["", " ", " A", "A ", "A\n", "Ä", "x" * 256])
    def test_a_strange_order_number_is_refused(self, text):
        assert not is_order_number(text)

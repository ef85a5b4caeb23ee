"""What a seller's feedback comes to: equal to a recount whatever happens, read from few rows, told to the search."""
import random

import pytest
from sqlalchemy import select, update

from app.actor import system_actor
from app.clock import moved_clock, now
from app.data.person_rows import NOBODY, PersonTables, forget_person
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.runtime import runtime
from blueprints.marketplace.feedback.commands import override_feedback
from blueprints.marketplace.feedback.counting import check_reputations, differences
from blueprints.marketplace.feedback.models import Feedback, StarCount
from blueprints.marketplace.feedback.rules import month_of
from blueprints.marketplace.feedback.topics import REPUTATION_CHANGED
from blueprints.marketplace.search_indexing.refreshing import refresh
from tests.marketplace.feedback.reviews import FEEDBACK, REPUTATIONS
from tests.marketplace.order_management.shop import ok

RECORDS = "/marketplace/searchindexing-api/v1/searchindexes"


def stars(**given):
    return {str(number): given.get(f"s{number}", 0) for number in range(1, 6)}


def document(shop, reference):
    [record] = ok(shop.buyer.get(f"{RECORDS}?referenceId={reference}&caching=false"))["searchIndices"]
    return record["document"]


class TestReading:
    def test_nobody_has_none(self, shop):
        assert shop.buyer.get(f"{REPUTATIONS}/018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e").status_code == 404
        assert shop.buyer.get(f"{REPUTATIONS}/x").status_code == 400

    def test_who_never_sold_has_an_empty_one(self, shop):
        told = shop.reputation(shop.buyer2)
        assert (told["count"], told["average"], told["last12Months"]["count"]) == (0, None, 0)

    def test_it_counts_what_stands(self, shop):
        for rating in (5, 5, 2):
            shop.reviewed(rating=rating)
        shop.reviewed(seller=shop.other_seller, rating=1)
        told = shop.reputation()
        assert (told["userId"], told["count"], told["average"], told["stars"]) == \
            (shop.seller.user_id, 3, 4.0, stars(s2=1, s5=2))
        assert told["last12Months"] == {"count": 3, "average": 4.0, "stars": stars(s2=1, s5=2)}

    def test_what_is_older_than_twelve_months_counts_overall_only(self, shop):
        shop.reviewed(rating=1)
        with unit_of_work(system_actor("marketplace")) as work:  # a year and more ago
            work.execute(update(StarCount).where(StarCount.month != "").values(month="2020-01"))
            work.commit()
        shop.reviewed(rating=5)
        told = shop.reputation()
        assert (told["count"], told["average"]) == (2, 3.0)
        assert (told["last12Months"]["count"], told["last12Months"]["average"]) == (1, 5.0)

    def test_one_row_of_all_months_and_thirteen_months_are_read(self, shop):
        months = [f"{year}-{number:02}" for year in range(2020, 2100) for number in range(1, 13)]
        with unit_of_work(system_actor("marketplace")) as work:
            for month in ("", *(month for month in months if month <= month_of(now()))):
                work.insert(StarCount(seller_id=shop.seller.user_id, month=month, stars_1=0, stars_2=0, stars_3=0,
                                      stars_4=0, stars_5=1))
            work.commit()
        told = shop.reputation()
        assert (told["count"], told["last12Months"]["count"]) == (1, 13)


class TestCounting:
    def test_edits_deletes_and_overrides_are_followed(self, shop):
        first, second = shop.reviewed(rating=5), shop.reviewed(rating=4)
        ok(shop.change(shop.buyer, first["id"], rating=3))
        override_feedback(shop.admin.actor, second["id"], rating=1, reason="r")
        assert shop.reputation()["stars"] == stars(s1=1, s3=1)
        ok(shop.delete(shop.buyer, first["id"]))
        assert shop.reputation()["stars"] == stars(s1=1)
        assert differences(10) == []

    def test_a_feedback_is_counted_in_the_month_in_which_it_was_given(self, shop):
        given = shop.reviewed(rating=5)
        with moved_clock(days=45):
            ok(shop.change(shop.buyer, given["id"], rating=1))
        assert {(row.stars_1, row.stars_5) for row in fetch(select(StarCount.stars_1, StarCount.stars_5))} == {(1, 0)}
        assert differences(10) == []

    def test_a_change_of_words_alone_counts_nothing(self, shop, sent, settle):
        given = shop.reviewed()
        with moved_clock(minutes=6):
            settle()
            ok(shop.change(shop.buyer, given["id"], comment="so so"))
        with moved_clock(minutes=12):
            settle()
        assert len(sent(REPUTATION_CHANGED)) == 1

    def test_any_history_leaves_counters_that_equal_a_recount(self, shop):
        chance, known = random.Random(17), []
        for _ in range(40):
            seller = chance.choice((shop.seller, shop.other_seller))
            act = chance.choice(("give", "change", "override", "delete")) if len(known) > 2 else "give"
            one = chance.choice(known) if known else ""
            if act == "give":
                known.append(shop.reviewed(seller=seller, rating=chance.randint(1, 5))["id"])
            elif act == "change":
                ok(shop.change(shop.buyer, one, rating=chance.randint(1, 5)))
            elif act == "override":
                override_feedback(shop.admin.actor, one, rating=chance.randint(1, 5), reason="r")
            else:
                ok(shop.delete(shop.buyer, known.pop(known.index(one))))
        assert differences(10) == []

    @pytest.mark.parametrize("month", ["", None])
    def test_the_doctor_finds_a_wrong_counter(self, shop, month):
        given = shop.reviewed()
        assert check_reputations()[0] == "ok"
        wanted = StarCount.month == "" if month == "" else StarCount.month != ""
        with unit_of_work(system_actor("marketplace")) as work:
            work.execute(update(StarCount).where(wanted).values(stars_4=7))
            work.commit()
        status, said = check_reputations()
        assert status == "fail"
        assert given["sellerId"] in said

    def test_the_doctor_finds_a_feedback_that_was_never_counted(self, shop):
        shop.reviewed(rating=4)
        with unit_of_work(system_actor("marketplace")) as work:
            work.execute(update(Feedback).values(rating=5))
            work.commit()
        assert check_reputations()[0] == "fail"


class TestTelling:
    def test_the_search_records_of_the_seller_carry_it_within_five_minutes(self, shop, settle):
        other = shop.list_product(title="Lamp")
        sale = shop.delivered()
        settle()
        assert document(shop, other)["sellerRatingCount"] == 0
        ok(shop.review(sale, rating=4), 201)
        settle()
        assert document(shop, other)["sellerRatingCount"] == 0
        with moved_clock(minutes=5):
            settle()
            for reference in (other, sale["productId"]):
                shown = document(shop, reference)
                assert (shown["sellerRatingAverage"], shown["sellerRatingCount"]) == (4.0, 1)
            seller = document(shop, shop.seller.user_id)
            assert (seller["ratingAverage"], seller["ratingCount"]) == (4.0, 1)

    def test_many_feedbacks_are_told_once_in_five_minutes(self, shop, settle, sent):
        sales = [shop.delivered() for _ in range(3)]
        for minutes, sale in enumerate(sales):
            with moved_clock(minutes=2 * minutes):
                ok(shop.review(sale), 201)
                settle()
        assert sent(REPUTATION_CHANGED) == []
        with moved_clock(minutes=5):
            settle()
        [told] = sent(REPUTATION_CHANGED)
        assert told.payload == {"sellerId": shop.seller.user_id, "ratingAverage": 5.0, "ratingCount": 3}
        with moved_clock(minutes=5):
            ok(shop.delete(shop.buyer, ok(shop.buyer.get(FEEDBACK))["feedbacks"][0]["id"]))
        with moved_clock(minutes=11):
            settle()
        assert [one.payload["ratingCount"] for one in sent(REPUTATION_CHANGED)] == [3, 2]

    def test_ratings_cost_a_refresh_one_statement(self, shop, settle, count_statements):
        listings = [shop.list_product() for _ in range(3)]
        settle()
        with count_statements() as told:
            refresh("PRODUCT", dict.fromkeys(listings))
        assert len([one for one in told if "feedback_star_count" in one]) == 1


class TestPeopleWhoLeave:
    @pytest.mark.parametrize("who", ["buyer", "seller"])
    def test_no_row_names_who_is_gone_and_the_doctor_is_content(self, shop, who):
        given = shop.reviewed(rating=2)
        ok(shop.reply(shop.seller, given["id"], "why?"))
        forget_person(system_actor("marketplace"), runtime().part(PersonTables), getattr(shop, who).user_id, "req-1")
        [row] = fetch(select(Feedback.buyer_id, Feedback.seller_id, Feedback.owner, Feedback.comment, Feedback.reply))
        assert row == ((NOBODY, shop.seller.user_id, NOBODY, None, "why?") if who == "buyer" else
                       (shop.buyer.user_id, NOBODY, shop.buyer.user_id, "ok", None))
        assert differences(10) == []

    def test_a_feedback_of_a_seller_who_is_gone_is_deleted_without_a_count(self, shop):
        given = shop.reviewed()
        forget_person(system_actor("marketplace"), runtime().part(PersonTables), shop.seller.user_id, "req-1")
        ok(shop.delete(shop.buyer, given["id"]))
        assert fetch(select(StarCount.month)) == []

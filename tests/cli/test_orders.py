"""`flask orders`: refusals first, then what it shows and what it ships."""
import json
from uuid import uuid4

import pytest

from app.errors import RuleViolated

SHIP = ("--carrier", "Post", "--tracking", "RR123", "--reason", "the seller is away")
AS_ADA = ("--as", "ada@guildhall.test")


def corrections(run):
    record = json.loads(run("moderate", "record", "--json").stdout)
    return [entry for entry in record if entry["actionType"] == "MANUAL_CORRECTION"]


def rows(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_nobody_ships_without_saying_who_acts(run, market):
    """M-13."""
    order = market.paid()
    refused = run("orders", "ship", order["id"], *SHIP, "--yes")
    assert refused.exit_code == 2
    assert "--as" in refused.stderr
    assert "GUILDHALL_OPERATOR" in refused.stderr
    assert market.seen(order)["status"] == "PAID"


@pytest.mark.parametrize(("named", "said"), [("nobody@guildhall.test", "no active user"),
                                             ("ben@guildhall.test", "no member of staff"),
                                             (str(uuid4()), "no active user")])
def test_who_is_not_on_the_staff_ships_nothing(run, market, named, said):
    order = market.paid()
    refused = run("orders", "ship", order["id"], *SHIP, "--as", named, "--yes")
    assert (refused.exit_code, said in refused.stderr) == (1, True), refused.stderr
    assert market.seen(order)["status"] == "PAID"


def test_a_locked_member_of_staff_does_not_act(run, market):
    order = market.paid()
    run("users", "lock", market.ada.user_id, "--as", "admin@admin.com", "--yes")
    refused = run("orders", "ship", order["id"], *SHIP, *AS_ADA, "--yes")
    assert (refused.exit_code, "is locked" in refused.stderr) == (1, True)


@pytest.mark.parametrize("without", ["--carrier", "--tracking", "--reason"])
def test_carrier_tracking_and_reason_are_needed(run, market, without):
    order, words = market.paid(), list(SHIP)
    place = words.index(without)
    refused = run("orders", "ship", order["id"], *words[:place], *words[place + 2:], *AS_ADA, "--yes")
    assert (refused.exit_code, without in refused.stderr) == (2, True)
    words[place + 1] = " "
    assert run("orders", "ship", order["id"], *words, *AS_ADA, "--yes").exit_code == 2
    assert market.seen(order)["status"] == "PAID"


def test_an_order_that_is_not_there_unpaid_or_cancelled_is_not_shipped(run, market):
    unpaid, cancelled = market.ordered(), market.paid()
    market.ben.delete(f"/marketplace/ordermanagement-api/v1/ordermanagementorders/{cancelled['id']}")
    for order_id, said in ((str(uuid4()), "there is no order"), (unpaid["id"], "PENDING_PAYMENT cannot become SHIPPED"),
                           (cancelled["id"], "was cancelled")):
        refused = run("orders", "ship", order_id, *SHIP, *AS_ADA, "--yes")
        assert (refused.exit_code, said in refused.stderr) == (1, True), refused.stderr
    assert corrections(run) == []


def test_a_dry_run_and_a_no_ship_nothing(run, market):
    order = market.paid()
    dry = run("orders", "ship", order["id"], *SHIP, *AS_ADA, "--dry-run", "--json")
    assert (dry.exit_code, json.loads(dry.stdout)["changed"]) == (0, False)
    assert run("orders", "ship", order["id"], *SHIP, *AS_ADA, input="n\n").exit_code == 1
    assert market.seen(order)["status"] == "PAID"


def test_staff_ships_for_a_locked_seller(run, market):
    """M-8."""
    order = market.paid()
    run("users", "lock", "sara@guildhall.test", *AS_ADA, "--yes")
    assert run("orders", "ship", order["id"], *SHIP, *AS_ADA, "--yes").exit_code == 0
    assert market.seen(order)["status"] == "SHIPPED"


def test_staff_ships_for_a_seller_and_the_record_says_who_and_why(run, market):
    """M-8, M-13, M-24."""
    order = market.paid()
    shipped = rows(run("orders", "ship", order["id"][-8:], *SHIP, *AS_ADA, "--yes", "--json"))
    assert (shipped["id"], shipped["state"], shipped["trackingNumber"]) == (order["id"], "SHIPPED/paid", "RR123")
    seen = market.seen(order)
    assert (seen["status"], seen["carrier"], seen["trackingNumber"]) == ("SHIPPED", "Post", "RR123")
    [entry] = corrections(run)
    assert (entry["entityType"], entry["entityId"], entry["adminId"]) == ("ORDER", order["id"], market.ada.user_id)
    assert entry["reason"].startswith("the seller is away: shipped by Post, RR123 (")
    again = run("orders", "ship", order["id"], *SHIP, *AS_ADA, "--yes", "--json")
    assert (again.exit_code, json.loads(again.stdout)["changed"]) == (0, False)
    assert len(corrections(run)) == 1


def test_the_environment_names_who_acts_the_super_admin_too(run, market):
    """M-13."""
    order = market.paid()
    done = run("orders", "ship", order["id"], *SHIP, "--yes", env={"GUILDHALL_OPERATOR": "admin@admin.com"})
    assert done.exit_code == 0, done.output
    assert market.seen(order)["status"] == "SHIPPED"


def test_a_shipment_that_cannot_be_recorded_is_none(run, market, monkeypatch):
    order = market.paid()

    def fail(*_, **__):
        raise RuleViolated("NoRecord", "the record takes nothing")

    monkeypatch.setattr("blueprints.marketplace.admin_moderation.corrections.record_action", fail)
    refused = run("orders", "ship", order["id"], *SHIP, *AS_ADA, "--yes")
    assert (refused.exit_code, "the record takes nothing" in refused.stderr) == (1, True)
    assert market.seen(order)["status"] == "PAID"


def test_orders_are_listed_the_latest_first_and_narrowed(run, market):
    first, second = market.paid(), market.ordered(buyer=market.cleo)
    third = market.ordered(market.listed(seller=market.sam))
    listed = rows(run("orders", "list", "--json"))
    assert [one["id"] for one in listed] == [third["id"], second["id"], first["id"]]
    assert (listed[2]["status"], listed[2]["total"], listed[2]["buyer"], listed[2]["seller"]) == (
        "PAID", 105.0, "Ben", "Sara")
    for words, wanted in ((("--status", "PAID"), [first]), (("--buyer", "cleo@guildhall.test"), [second]),
                          (("--seller", market.sam.user_id), [third]), (("--since", "2999-01-01"), []),
                          (("--limit", "1"), [third]), (("--since", "2000-01-01", "--seller", "sara@guildhall.test"),
                                                        [second, first])):
        found = rows(run("orders", "list", "--json", *words))
        assert [one["id"] for one in found] == [one["id"] for one in wanted], words


def test_a_wrong_date_and_an_unknown_person_are_refused(run, market):
    assert run("orders", "list", "--since", "soon").exit_code == 2
    refused = run("orders", "list", "--buyer", "nobody@guildhall.test")
    assert (refused.exit_code, "has no user" in refused.stderr) == (1, True)


def test_an_order_is_found_by_number_id_and_party_a_cancelled_one_too(run, market):
    order, other = market.ordered(orderNumber="ORD-sextant"), market.ordered(buyer=market.cleo)
    market.ben.delete(f"/marketplace/ordermanagement-api/v1/ordermanagementorders/{order['id']}")
    for text in ("ORD-sextant", order["id"], order["id"][-8:], "ben@guildhall.test", "Ben", "be"):
        assert [one["id"] for one in rows(run("orders", "find", text, "--json"))] == [order["id"]], text
    assert {one["id"] for one in rows(run("orders", "find", "sara", "--json"))} == {order["id"], other["id"]}
    assert rows(run("orders", "find", "ORD-nothing", "--json")) == []
    assert "no orders" in run("orders", "find", "ORD-nothing").stdout


def test_show_tells_the_whole_order_and_masks_its_parties(run, market):
    order = market.paid()
    shown = rows(run("orders", "show", order["orderNumber"], "--json"))
    assert (shown["state"], shown["total"], shown["currency"]) == ("PAID/paid", 105.0, "USD")
    assert [(line["title"], line["quantity"], line["sellerId"]) for line in shown["lines"]] == [
        ("Brass sextant", 1, market.sara.user_id)]
    assert [(one["as"], one["fullname"], one["email"]) for one in shown["parties"]] == [
        ("buyer", "Ben", "b…@guildhall.test"), ("seller", "Sara", "s…@guildhall.test")]
    assert [(one["kind"], one["gross"]) for one in shown["ledger"]] == [("SALE", 105.0)]
    assert [step["what"] for step in shown["history"]][:1] == ["PLACED"]
    run("orders", "ship", order["id"], *SHIP, *AS_ADA, "--yes")
    table = run("orders", "show", order["orderNumber"]).stdout
    assert "trackingNumber RR123" in table
    for secret in ("ben@guildhall.test", "sara@guildhall.test", "555 01 02", "5550102"):
        assert secret not in table
    assert {"parties", "lines", "payments", "ledger", "history"} <= set(table.split())


def test_tables_fit_a_hundred_columns_with_real_titles_and_names(run, market):
    title = "Antique brass sextant of the Royal Navy with its mahogany case, certificate and spare mirrors, " * 2
    market.paid(market.listed(title=title.strip()), orderNumber="ORD-" + "x" * 60)
    for words in (("list",), ("find", "ben"), ("show", "ORD-" + "x" * 60)):
        told = run("orders", *words)
        assert told.exit_code == 0, told.output
        assert max(len(line) for line in told.stdout.splitlines()) <= 100, told.stdout


def test_the_number_of_statements_does_not_grow_with_orders(run, market, count_statements):
    def counted(*words):
        with count_statements() as statements:
            assert run("orders", *words, "--json").exit_code == 0
        return len(statements)

    commands = (("list",), ("find", "sara"), ("show", market.paid()["id"]))
    before = [counted(*words) for words in commands]
    for _ in range(3):
        market.ordered(market.listed(), market.listed(seller=market.sam))
    assert [counted(*words) for words in commands] == before

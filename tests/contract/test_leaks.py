"""Nobody finds what another keeps secret: in no answer, event, log line, letter or output of a reading command.

A small market is made in which each secret is a text or number of its own; then everything that can be read is read."""
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.actor import system_actor
from app.clock import moved_clock, now
from app.data.columns import iso
from app.data.reads import fetch
from app.identity.bucket_tokens import private_bucket
from blueprints.platform.auth.commands import lock_user
from blueprints.platform.bucket.commands import Upload, store_files
from blueprints.platform.moderation.models import Case
from tests.clients import PASSWORD, ApiClient, Callers
from tests.contract import leaks
from tests.contract.good_calls import Marketplace
from tests.contract.leaks import VISITOR, SmallRealm, change_everything, read_everything
from tests.contract.terminal_leaks import (
    ACTS,
    FROM_FILES,
    known_acts,
    performed,
    printed_by_every_reading_command,
    wider_than_the_terminal,
)
from tests.contract.who_may_see import (
    EVENTS,
    LOG,
    TERMINAL,
    Secret,
    assert_nothing_leaks,
    assert_somebody_sees_each,
    found_by,
    known_to,
)
from tests.contract.world import Body

ROOT = "/marketplace"
SELLER, BUYER, STRANGER, MODERATOR, LOCKED, BLOCKED, SUSPENDED = (
    "seller", "buyer", "stranger", "moderator", "locked", "blocked", "suspended")
PERSONS = (SELLER, BUYER, STRANGER, MODERATOR, LOCKED, BLOCKED, SUSPENDED, VISITOR)
pytestmark = pytest.mark.once("what is shown is decided by policies and serializers, the same on both databases")
ENDS_IN = timedelta(hours=1)
REPORTER_ID, REPORTER_NAME = "0195f00d-0000-7000-8000-0000c0ffee07", "Xq7 Who Reports"  # the stranger does no more

_BUS = "the contract's dbevent is the row, and the bus is the operator's"
_ONE_MESSAGE = (f"{ROOT}/messaging-api/v1/messagingmessages/",)
_CASES = (*_ONE_MESSAGE, f"{ROOT}/adminmoderation-api/v1/cases/")
_SENT = (f"answer to POST {ROOT}/messaging-api/v1/messagingmessages",)  # who sends sees what he has sent

# Who may see what, and why. Numbers are those of design/decisions.md and moderation.md (M-…).
SECRETS = {
    "maximum": Secret("51234.56", known_to(BUYER), "a maximum is its bidder's until the close (8)"),
    "reserve": Secret("76543.21", known_to(), "nobody reads it back, staff least of all (11, docs/decisions/066)"),
    "message": Secret("Xq7 said to the seller", known_to(SELLER, BUYER, EVENTS, moderator=_ONE_MESSAGE),
                      f"staff open one message, and that is recorded (M-22); {_BUS}"),
    "message of the blocked": Secret("Xq7 said by the blocked",
                                     known_to(SELLER, BLOCKED, EVENTS, moderator=_ONE_MESSAGE),
                                     "a block hides nothing that was said before (M-23)"),
    "message of the locked": Secret("Xq7 said by the locked",
                                    known_to(BUYER, EVENTS, moderator=_ONE_MESSAGE, locked=_SENT),
                                    "who received it keeps it; the sender is locked out"),
    "message of the suspended": Secret("Xq7 said by the suspended",
                                       known_to(BUYER, EVENTS, moderator=_CASES, suspended=_SENT),
                                       "who received it keeps it; it was reported, and its case waits (M-22, M-33)"),
    "hidden message": Secret("Xq7 said and hidden", known_to(SELLER, EVENTS, moderator=_CASES),
                             "its sender still sees it, its case has a copy (M-1, M-33)"),
    "removed message": Secret("Xq7 said and removed", known_to(EVENTS, moderator=_CASES, locked=_SENT),
                              "staff alone see it still, and its case has a copy (M-1, M-33)"),
    "report of a message": Secret("Xq7 complained of a message", known_to(BUYER, MODERATOR, EVENTS, TERMINAL),
                                  "its sender hears why it was judged so, not what was said of it (M-20)"),
    "offer": Secret("Xq7 told with an offer", known_to(SELLER, BUYER, MODERATOR, EVENTS,
                                                    terminal=("flask notify outbox",)),
                    f"an offer is its parties' and staff's (§2.2), and the operator keeps the letters; {_BUS}"),
    "street": Secret("Xq7 Street 9", known_to(SELLER, BLOCKED, BUYER, MODERATOR, EVENTS),
                     f"who ships has to know it (42); {_BUS}"),
    "customer": Secret("cus_Xq7customer", known_to(BUYER, MODERATOR, EVENTS),
                       f"how one pays is not for a seller of some lines (42); {_BUS}"),
    "sum": Secret("31443.05", known_to(BUYER, MODERATOR, EVENTS, TERMINAL),
                  f"a seller of some lines sees the sum of those (42); {_BUS}"),
    "folder": Secret("Xq7 gifts", known_to(BUYER, MODERATOR, EVENTS),
                     f"a list is its owner's, staff see all (WC2); {_BUS}"),
    "program": Secret("Xq7 a shop of mine", known_to(BUYER, MODERATOR, EVENTS, TERMINAL),
                      "an API client is its person's and staff's (46)"),
    "report": Secret("Xq7 told the staff", known_to(STRANGER, MODERATOR, EVENTS, TERMINAL),
                     f"a report is between who made it and staff (M-20); {_BUS}"),
    "report of a person": Secret("Xq7 complained of a person", known_to(STRANGER, MODERATOR, EVENTS, TERMINAL),
                                 f"whom it concerns hears why it was judged so, not what was said (M-20); {_BUS}"),
    **{f"reporter's {kind}": Secret(text, known_to(STRANGER, MODERATOR, TERMINAL, log=("guildhall.security",)),
                                    "who reported is known to staff alone: in no event, no index, no answer (M-20); the"
                                    " event of the receipt's notice says that somebody hears something, not of what",
                                    public_in=(REPORTER_ID, "/people-api/v1/people", "/bff-service/user/",
                                               "/bff-service/search?q=Xq7", "user-created", *more))
       for kind, text, more in (("id", REPORTER_ID, ("notification-created",)), ("name", REPORTER_NAME, ()))},
    "private file": Secret("Xq7 kept in private", known_to(),
                           "no access token reads a file, and no object here shows one (50, docs/decisions/085)"),
    "act": Secret("Xq7 suspended for this", known_to(SUSPENDED, MODERATOR, EVENTS, TERMINAL),
                  f"why somebody is suspended is between that person and staff (M-31); {_BUS}"),
    "strike": Secret("Xq7 warned for this", known_to(BLOCKED, MODERATOR, EVENTS, TERMINAL),
                     f"a strike is its person's and staff's (M-15); {_BUS}"),
    "appeal": Secret("Xq7 pleads with a login", known_to(BLOCKED, MODERATOR, EVENTS, TERMINAL),
                     f"an appeal is its author's and staff's (M-13); {_BUS}"),
    "appeal by letter": Secret("Xq7 pleads by the token", known_to(
        MODERATOR, EVENTS, TERMINAL, visitor=(f"answer to POST {ROOT}/adminmoderation-api/v1/appeals",)),
                               f"the same; its author cannot log in to read it again (M-10); {_BUS}"),
    "note": Secret("Xq7 noted by staff", known_to(MODERATOR, EVENTS, TERMINAL),
                   f"the record of moderation is staff's (47); {_BUS}"),
    **{f"{person}'s {kind}": Secret(text, known_to(person, MODERATOR, EVENTS),
                                    f"others see id, fullname and avatar (47), the terminal masks (M-29); {_BUS}")
       for person in (SELLER, BUYER, STRANGER, BLOCKED) for kind, text in (
           ("address", f"xq7-{person}@"), ("phone", f"+4915{PERSONS.index(person)}7654321"))},
    **{f"{person}'s device": Secret(leaks.device_token(person), known_to(),
                                    "what a push service knows a telephone by is shown to nobody (FD-27)")
       for person in PERSONS if person != VISITOR},
    **{f"{person}'s address": Secret(f"xq7-{person}@", known_to(MODERATOR, EVENTS),
                                     "who is locked out sees nothing") for person in (LOCKED, SUSPENDED)},
}
# After the close the seller and staff see what was bid (8).
AFTER_THE_CLOSE = SECRETS | {
    "maximum": Secret("51234.56", known_to(BUYER, SELLER, MODERATOR, EVENTS, TERMINAL), "after the close (8)")}
ABOUT_BIDS = r"(?i)auctionoffer|productlisting|notification|search\?"
"""What is read again after the close as a whole."""

JUDGED = {"MESSAGE": "messagingMessageId", "PRODUCT": "productListingProductId", "USER": "userId",
          "FEEDBACK": "feedbackId", "ORDER": "orderManagementOrderId"}


class Market(SmallRealm):
    """Three who trade, a moderator, one locked out, one suspended, one whom the seller blocked; and what they hide."""

    realm, persons = "marketplace", PERSONS
    names = {"service": ["auctionOffer", "messaging"], "paymentId": ["pi_1"], "exportId": [REPORTER_ID]}
    also = {"orderId": "orderManagementOrderId", "items": "productListingProductId", "order": "orderManagementOrderId",
            "product_id": "productListingProductId"}

    def __init__(self, app: Flask, callers: Callers) -> None:
        super().__init__(app, {person: callers.user(
            person, email=f"xq7-{person}@guildhall.test", phone=f"+4915{PERSONS.index(person)}7654321",
            role="admin" if person == MODERATOR else "user",
            **({"id": REPORTER_ID, "fullname": REPORTER_NAME} if person == STRANGER else {}))
            for person in PERSONS if person != VISITOR})
        self.super_admin = callers.super_admin()
        self.listings: dict[str, str] = {}
        self.messages: dict[str, str] = {}
        self._list()
        self._bid_and_offer()
        self._write()
        self._buy()
        self._collect()
        self._moderate()

    def good_calls(self, callers: Callers) -> Callable[[str], Body]:
        """Return what makes a good body of an operation, about what these people sell."""
        world = Marketplace(self.app, callers)
        world.seller = self.people[SELLER]
        world.ids |= {"auction": self.listings["auction"], "productListingProductId": self.listings["fixed"],
                      "orderManagementOrderId": self.order_id}
        return lambda name: world.good[name](world) if name in world.good else {}

    def _list(self) -> None:
        category = self._shelve("categories", {"title": "Watches"})
        shelf = self._shelve("subcategories", {"categoryId": category, "name": "Straps", "group": "MORE"})
        said = {"currency": "USD", "title": "Tank", "description": "d", "condition": "USED", "shippingCurrency": "USD",
                "shippingMethod": "FREE", "shipping": 0, "categoryId": category, "subcategoryId": shelf}
        auction = {"type": "AUCTION", "biddingMode": "PROXY", "startPrice": 10, "endBidDate": iso(now() + ENDS_IN),
                   "reservePrice": float(SECRETS["reserve"].text)}
        fixed = {"type": "FIXED", "price": 31415.93}
        for name, seller, kind in (("auction", SELLER, auction), ("fixed", SELLER, fixed),
                                   ("beside", BLOCKED, fixed | {"price": 27.12}), ("locked", LOCKED, fixed),
                                   ("suspended", SUSPENDED, fixed)):
            self.listings[name] = self.make(
                seller, "productlisting-api/v1/productlistingproducts", said | kind)["id"]

    def _shelve(self, shelf: str, body: Body) -> str:
        answer = self.super_admin.post(f"{ROOT}/categorymanagement-api/v1/{shelf}", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json[answer.json["dataName"]]["id"])

    def _bid_and_offer(self) -> None:
        for bidder, amount in ((BLOCKED, 100), (BUYER, float(SECRETS["maximum"].text))):
            self.make(bidder, "auctionoffer-api/v1/auctionofferbids", {
                "productId": self.listings["auction"], "bidAmount": amount, "currency": "USD"})
        self.make(BUYER, "auctionoffer-api/v1/auctionofferoffers", {
            "productId": self.listings["fixed"], "offerAmount": 20, "currency": "USD",
            "message": SECRETS["offer"].text})

    def _write(self) -> None:
        for sender, receiver, secret in ((BUYER, SELLER, "message"), (BLOCKED, SELLER, "message of the blocked"),
                                         (LOCKED, BUYER, "message of the locked"),
                                         (SUSPENDED, BUYER, "message of the suspended"),
                                         (SELLER, BUYER, "hidden message"), (LOCKED, BUYER, "removed message")):
            self.messages[secret] = self.make(sender, "messaging-api/v1/messagingmessages", {
                "toUserId": self.people[receiver].user_id, "content": SECRETS[secret].text})["id"]
        self.make(SELLER, "people-api/v1/blocks", {"userId": self.people[BLOCKED].user_id})

    def _buy(self) -> None:
        order = self.make(BUYER, "ordermanagement-api/v1/ordermanagementorders", {
            "shippingAddress": {"street": SECRETS["street"].text}, "stripeCustomerId": SECRETS["customer"].text,
            "paymentMethodId": "pm_1",
            "lineItems": [{"productId": self.listings[name]} for name in ("fixed", "beside")]})
        self.order_id = order["id"]
        for status in ("PAID", "SHIPPED", "DELIVERED"):
            moved = self.super_admin.patch(f"{ROOT}/ordermanagement-api/v1/ordermanagementorderstatus/{order['id']}",
                                     json={"status": status})
            assert moved.status_code == 200, moved.text
        self.make(BUYER, "feedback-api/v1/feedbacks", {
            "rating": 5, "comment": "fine", "orderId": order["id"], "orderItemId": order["items"][0],
            "sellerId": self.people[SELLER].user_id, "productId": self.listings["fixed"]})

    def _collect(self) -> None:
        folder = self.make(BUYER, "watchlistcart-api/v1/watchlistlists", {"name": SECRETS["folder"].text})
        self.make(BUYER, "watchlistcart-api/v1/watchlistitems", {
            "productId": self.listings["auction"], "listId": folder["id"]})
        self.make(BUYER, "watchlistcart-api/v1/cartitems", {"productId": self.listings["fixed"], "quantity": 1})

        self.make(BUYER, "auth-api/v1/apiclients", {
            "name": SECRETS["program"].text, "scopes": ["webhooks"], "currentPassword": PASSWORD})
        seller = self.people[SELLER].actor
        kept = Upload("a.txt", SECRETS["private file"].text.encode())
        store_files(seller, private_bucket(str(seller.user_id)), [kept])

    def _moderate(self) -> None:
        self.make(STRANGER, "adminmoderation-api/v1/reports", {
            "entityType": "PRODUCT", "entityId": self.listings["beside"], "reason": "FRAUD",
            "text": SECRETS["report"].text})
        self.make(MODERATOR, "adminmoderation-api/v1/moderationactions", {
            "entityType": "USER", "entityId": self.people[BUYER].user_id, "actionType": "ADMIN_NOTE",
            "reason": SECRETS["note"].text})
        self._judge_messages()
        lock_user(system_actor("marketplace"), self.people[LOCKED].user_id, now() + timedelta(days=5))
        self._judge()

    def _judge_messages(self) -> None:
        """Their recipient reports three: one waits, one is hidden, one is removed."""
        for secret, kind in (("message of the suspended", None), ("hidden message", "HIDE"),
                             ("removed message", "REMOVE")):
            self.make(BUYER, "adminmoderation-api/v1/reports", {
                "entityType": "MESSAGE", "entityId": self.messages[secret], "reason": "HARASSMENT",
                "text": SECRETS["report of a message"].text})
            if kind is not None:
                self.make(MODERATOR, "adminmoderation-api/v1/acts", {
                    "entityType": "MESSAGE", "entityId": self.messages[secret], "kind": kind,
                    "reason": "nobody is spoken to so", "strike": False})

    def _judge(self) -> None:
        """One is suspended for what was reported, another one warned; each appeals against the strike."""
        suspended, warned = self.people[SUSPENDED], self.people[BLOCKED]
        self.make(STRANGER, "adminmoderation-api/v1/reports", {
            "entityType": "USER", "entityId": suspended.user_id, "reason": "FRAUD",
            "text": SECRETS["report of a person"].text})
        case = fetch(select(Case.number).where(Case.entity_id == suspended.user_id))[0].number
        act = self.make(MODERATOR, "adminmoderation-api/v1/acts", {
            "entityType": "USER", "entityId": suspended.user_id, "caseNumber": case, "kind": "SUSPEND", "days": 5,
            "reason": SECRETS["act"].text})
        warning = self.make(MODERATOR, "adminmoderation-api/v1/acts", {
            "entityType": "USER", "entityId": warned.user_id, "kind": "WARN", "strike": True,
            "reason": SECRETS["strike"].text})
        refused = ApiClient(self.app).post(f"{ROOT}/auth-api/login", json={
            "username": suspended.email, "password": PASSWORD})
        assert refused.json["errCode"] == "AccountSuspended", refused.text
        for person, strike, secret, token in (
                (VISITOR, act["strikeNumber"], "appeal by letter", {"token": refused.json["detail"]["appealToken"]}),
                (BLOCKED, warning["strikeNumber"], "appeal", {})):
            made = self.people[person].post(f"{ROOT}/adminmoderation-api/v1/appeals", json={
                "strikeNumber": strike, "text": SECRETS[secret].text, **token})
            assert made.status_code == 201, made.text


@pytest.fixture
def log() -> Iterator[Any]:
    """Everything that is logged while the market is made and read."""
    with leaks.everything_logged() as written:
        yield written


@pytest.fixture
def market(app: Flask, log: Any, callers: Callers, settle: Callable[[], None]) -> Market:
    """The small market, at rest."""
    made = Market(app, callers)
    settle()
    return made


@pytest.mark.slow
def test_no_answer_and_no_log_line_shows_what_its_reader_must_not_see(market: Market, log: Any) -> None:
    answers = read_everything(market, PERSONS, SECRETS)
    assert_nothing_leaks(answers | {LOG: leaks.log_lines(log)}, SECRETS)
    assert_somebody_sees_each(answers, SECRETS)


@pytest.mark.slow
def test_no_answer_to_a_change_shows_what_its_caller_must_not_see(
        market: Market, paying_app: Flask, callers: Callers, settle: Callable[[], None], log: Any) -> None:
    bodies = leaks.good_bodies(market, market.good_calls(callers))
    for persons in ((SELLER, BUYER, STRANGER, BLOCKED), (MODERATOR,)):
        change_everything(market, persons, bodies)
    assert_nothing_leaks(market.answered() | {LOG: leaks.log_lines(log)}, SECRETS)
    settle()
    # Who reported has sold and bought by now as everybody else.
    others = {name: secret for name, secret in SECRETS.items() if not name.startswith("reporter's")}
    assert_nothing_leaks(leaks.sent_to_people(market, MODERATOR), others)


def test_no_event_no_letter_and_no_webhook_shows_what_its_reader_must_not_see(
        market: Market, callers: Callers) -> None:
    leaks.send_to_phone(market, SELLER, callers.super_admin())
    sent = leaks.sent_to_people(market, MODERATOR)
    assert {EVENTS, SELLER, BUYER} <= sent.keys()
    assert {"email", "push", "sms"} <= {kind.split()[0] for kind, _ in sent[SELLER]}
    assert_nothing_leaks(sent, SECRETS)
    carried = leaks.sent_by_webhooks(market)
    assert {"message", "offer"} <= found_by(carried[BUYER], SECRETS)
    assert carried[LOCKED] == []
    assert_nothing_leaks(carried, SECRETS)


@pytest.mark.slow
def test_no_reading_command_no_rehearsal_and_no_act_shows_what_the_operator_must_not_see(
        market: Market, paying_app: Flask) -> None:
    """And a rehearsal changes nothing."""
    told = list(printed_by_every_reading_command(market))
    assert len(told) > 20
    assert any(line.startswith("flask moderate audit export") and "prevHash" in text for line, text in told)
    assert wider_than_the_terminal(told) == {}
    before = sorted(leaks.kept_in_the_database())
    told += [(line, result.output) for line, result in performed(market, JUDGED, "--dry-run", staff=MODERATOR)]
    assert sorted(leaks.kept_in_the_database()) == before
    acts = list(performed(market, JUDGED, "--yes", each_once=True, staff=MODERATOR))
    assert len([line for line, result in acts if result.exit_code == 0]) > 20
    assert_nothing_leaks({TERMINAL: [*told, *((line, result.output) for line, result in acts)]}, SECRETS)


def test_every_act_of_the_terminal_is_done_here() -> None:
    assert known_acts() == ACTS.keys() | FROM_FILES


@pytest.mark.slow
def test_after_the_close_the_seller_and_staff_alone_learn_what_was_bid(
        market: Market, settle: Callable[[], None], log: Any) -> None:
    with moved_clock(hours=2):
        settle()
        answers = read_everything(market, (SELLER, BUYER, BLOCKED, STRANGER, MODERATOR), AFTER_THE_CLOSE, ABOUT_BIDS)
        told = list(printed_by_every_reading_command(market))
    assert "maximum" in found_by(answers[SELLER], AFTER_THE_CLOSE)
    assert_nothing_leaks(answers | {TERMINAL: told, EVENTS: leaks.told_in_events(), LOG: leaks.log_lines(log)},
                         AFTER_THE_CLOSE)

"""Nobody finds what another keeps secret: in no answer, event, log line, letter or output of a reading command.

A small market is made in which each secret is a text or number of its own; then everything that can be read is read."""
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import select

from app.actor import system_actor
from app.clock import moved_clock, now
from app.data.columns import iso
from app.data.connections import reading
from app.data.entity import Entity
from app.data.reads import fetch
from app.identity.bucket_tokens import private_bucket
from app.notify.models import MailMessage
from blueprints.platform.auth.commands import lock_user
from blueprints.platform.bucket.commands import Upload, store_files
from blueprints.platform.bucket.models import BucketFile
from blueprints.platform.moderation.models import Act, Appeal, Case
from cli import COMMANDS, load_command
from tests.clients import PASSWORD, ApiClient, Callers
from tests.contract import leaks
from tests.contract.surface import operations

ROOT = "/marketplace"
SELLER, BUYER, STRANGER, MODERATOR, LOCKED, BLOCKED, SUSPENDED, VISITOR = PERSONS = (
    "seller", "buyer", "stranger", "moderator", "locked", "blocked", "suspended", "visitor")
EVENTS, LOG, TERMINAL = "events", "log", "terminal"
pytestmark = pytest.mark.once("what is shown is decided by policies and serializers, the same on both databases")
EVERYWHERE = ""
ENDS_IN = timedelta(hours=1)
REPORTER_ID = "0195f00d-0000-7000-8000-0000c0ffee07"  # the stranger's, who does nothing else
NOBODY = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Secret:
    """What stands in the market once; who may see it, and only in answers whose path holds which part; why so."""

    text: str
    known_to: dict[str, tuple[str, ...]]
    why: str
    public_in: tuple[str, ...] = ()
    """Where everybody may see it: parts of a path or of a topic."""

    @property
    def pattern(self) -> str:
        """Return what finds it; an amount is also looked for in its minor units, and as a number of its own."""
        if not re.fullmatch(r"\d+\.\d\d", self.text):
            return re.escape(self.text)
        return rf"(?<![0-9a-f.-])(?:{re.escape(self.text)}|{self.text.replace('.', '')})(?![0-9a-f])"


def known_to(*readers: str, **parts: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return reader → where: these everywhere, those named only where the path holds one of the parts."""
    return dict.fromkeys(readers, (EVERYWHERE,)) | parts


_BUS = "the contract's dbevent is the row, and the bus is the operator's"
_ONE_MESSAGE = (f"{ROOT}/messaging-api/v1/messagingmessages/",)
_CASES = (*_ONE_MESSAGE, f"{ROOT}/adminmoderation-api/v1/cases/")

# Who may see what, and why. Numbers are those of design/decisions.md and moderation.md (M-…).
SECRETS = {
    "maximum": Secret("51234.56", known_to(BUYER), "a maximum is its bidder's until the close (8)"),
    "reserve": Secret("76543.21", known_to(), "nobody reads it back, staff least of all (11, docs/decisions/066)"),
    "message": Secret("Xq7 said to the seller", known_to(SELLER, BUYER, EVENTS, moderator=_ONE_MESSAGE),
                      f"staff open one message, and that is recorded (M-22); {_BUS}"),
    "message of the blocked": Secret("Xq7 said by the blocked",
                                     known_to(SELLER, BLOCKED, EVENTS, moderator=_ONE_MESSAGE),
                                     "a block hides nothing that was said before (M-23)"),
    "message of the locked": Secret("Xq7 said by the locked", known_to(BUYER, EVENTS, moderator=_ONE_MESSAGE),
                                    "who received it keeps it; the sender is locked out"),
    "message of the suspended": Secret("Xq7 said by the suspended", known_to(BUYER, EVENTS, moderator=_CASES),
                                       "who received it keeps it; it was reported, and its case waits (M-22, M-33)"),
    "hidden message": Secret("Xq7 said and hidden", known_to(SELLER, EVENTS, moderator=_CASES),
                             "its sender still sees it, its case has a copy (M-1, M-33)"),
    "removed message": Secret("Xq7 said and removed", known_to(EVENTS, moderator=_CASES),
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
    "report": Secret("Xq7 told the staff", known_to(STRANGER, MODERATOR, EVENTS, TERMINAL),
                     f"a report is between who made it and staff (M-20); {_BUS}"),
    "report of a person": Secret("Xq7 complained of a person", known_to(STRANGER, MODERATOR, EVENTS, TERMINAL),
                                 f"whom it concerns hears why it was judged so, not what was said (M-20); {_BUS}"),
    "reporter": Secret(REPORTER_ID, known_to(STRANGER, MODERATOR, LOG, TERMINAL),
                       "who reported is known to staff alone: in no event, no index, no answer (M-20); the event of "
                       "the receipt's notice says that somebody hears something, not of what",
                       public_in=(REPORTER_ID, "/people-api/v1/people", "user-created", "notification-created")),
    "private file": Secret("Xq7 kept in private", known_to(),
                           "no access token reads a file, and no object here shows one (50, docs/decisions/085)"),
    "act": Secret("Xq7 suspended for this", known_to(SUSPENDED, MODERATOR, EVENTS, TERMINAL),
                  f"why somebody is suspended is between that person and staff (M-31); {_BUS}"),
    "strike": Secret("Xq7 warned for this", known_to(BLOCKED, MODERATOR, EVENTS, TERMINAL),
                     f"a strike is its person's and staff's (M-15); {_BUS}"),
    "appeal": Secret("Xq7 pleads with a login", known_to(BLOCKED, MODERATOR, EVENTS, TERMINAL),
                     f"an appeal is its author's and staff's (M-13); {_BUS}"),
    "appeal by letter": Secret("Xq7 pleads by the token", known_to(MODERATOR, EVENTS, TERMINAL),
                               f"the same; its author cannot log in to read it (M-10); {_BUS}"),
    "note": Secret("Xq7 noted by staff", known_to(MODERATOR, EVENTS, TERMINAL),
                   f"the record of moderation is staff's (47); {_BUS}"),
    **{f"{person}'s {kind}": Secret(text, known_to(person, MODERATOR, EVENTS, TERMINAL),
                                    f"others see id, fullname and avatar (47); {_BUS}")
       for person in (SELLER, BUYER, STRANGER, BLOCKED) for kind, text in (
           ("address", f"xq7-{person}@guildhall.test"), ("phone", f"+4915{PERSONS.index(person)}7654321"))},
    **{f"{person}'s address": Secret(f"xq7-{person}@guildhall.test", known_to(MODERATOR, EVENTS, TERMINAL),
                                     "who is locked out sees nothing") for person in (LOCKED, SUSPENDED)},
}
# After the close the seller and staff see what was bid (8).
AFTER_THE_CLOSE = SECRETS | {
    "maximum": Secret("51234.56", known_to(BUYER, SELLER, MODERATOR, EVENTS, TERMINAL), "after the close (8)")}

ASKED, NEEDLE = ("q", "search"), "Xq7"  # every secret word begins so
# What a path or a command names besides the ids of data objects.
NAMED = {
    "permissionName": ["adminPanel.access"], "name": ["swagger-ui.css"], "service": ["auctionOffer", "messaging"],
    "guide": ["rest-api-guide", "event-guide", "service-design"], "paymentId": ["pi_1"],
    "tenant_id": ["nobody"], "text": [NEEDLE, "seller"],
}
ALSO = {"orderId": "orderManagementOrderId", "items": "productListingProductId", "order": "orderManagementOrderId",
        "product_id": "productListingProductId"}
EXPORTS = {("moderate", "audit", "export")}  # lines of JSON without being asked for
# What is rehearsed with which arguments: {…} is every id of that name, TYPE_IDS each kind that staff judge with its id.
_WHY, TYPE_IDS = "--reason because", "{type} {thing}"
REHEARSED = {
    "auctions close": ["{productListingProductId}"],
    "moderate take": ["{case}"], "moderate release": ["{case}"], "moderate ask": ["{case} really?"],
    "moderate note": [f"{{case}} {_WHY}", f"USER {{userId}} {_WHY}"], "moderate dismiss": [f"{{case}} {_WHY}"],
    "moderate resolve": [f"{{case}} --warn {_WHY}", "{case} --remove --suspend 7 --rule fraud"],
    "moderate warn": [f"{TYPE_IDS} {_WHY}"], "moderate hide": [f"{TYPE_IDS} {_WHY}"],
    "moderate show-again": [f"{TYPE_IDS} {_WHY}"], "moderate restore": [f"{TYPE_IDS} {_WHY}"],
    "moderate override-feedback": [f"{{feedbackId}} --rating 1 {_WHY}"],
    "moderate remove-listing": [f"{{productListingProductId}} {_WHY}", f"--seller {{userId}} {_WHY}"],
    "moderate suspend": [f"{{userId}} --days 7 {_WHY}"], "moderate ban": [f"{{userId}} {_WHY}"],
    "moderate unban": [f"{{userId}} {_WHY}"], "moderate mute-reporter": ["{userId}"],
    "moderate undo": [f"{{act}} {_WHY}"], "moderate decide": [f"{{appeal}} --grant {_WHY}"],
    "moderate bulk resume": ["b1"], "moderate flag-media": [f"{NOBODY} {_WHY}"],
    "moderate words add": [NEEDLE], "moderate words remove": [NEEDLE], "moderate rules retire": ["fraud"],
    "moderate rules add": ["fraud --title t --text t"],
    "moderate ladder set": ["0=warn 2=suspend:7"],
    "moderate assign-admin": [f"{NOBODY} {{userId}}"],
    "moderate second-chance": [f"{{productListingProductId}} {_WHY}"],
    "orders ship": [f"{{orderManagementOrderId}} --carrier c --tracking t {_WHY}"],
    "payments reconcile": [""], "payments fix": [f"{{orderManagementOrderId}} {_WHY}"],
    "payments refund": [f"{{orderManagementOrderId}} {_WHY}"],
    "users create": ["new@guildhall.test --fullname New"], "users verify": ["{userId}"],
    "users role": ["{userId} admin"], "users 2fa": ["admin email"], "users lock": ["{userId}"],
    "users ensure-super-admin": [""],
}
JUDGED = {"MESSAGE": "messagingMessageId", "PRODUCT": "productListingProductId", "USER": "userId",
          "FEEDBACK": "feedbackId", "ORDER": "orderManagementOrderId"}
FROM_FILES = {"users import"}
PAGES = {"swagger", "swagger-assets", "swagger.json", "openapi.json", "getPostmanCollection", "favicon.ico", "health",
         "document"}  # the same for everybody, so only the visitor reads them


class Market:
    """Three who trade, a moderator, one locked out, one suspended, one whom the seller blocked; and what they hide."""

    def __init__(self, app: Flask, callers: Callers) -> None:
        self.app = app
        self.staff = callers.super_admin()
        self.people = {person: callers.user(
            person, email=f"xq7-{person}@guildhall.test", phone=f"+4915{PERSONS.index(person)}7654321",
            role="admin" if person == MODERATOR else "user",
            **({"id": REPORTER_ID} if person == STRANGER else {})) for person in PERSONS if person != VISITOR}
        self.listings: dict[str, str] = {}
        self.messages: dict[str, str] = {}
        self._list()
        self._bid_and_offer()
        self._write()
        self._buy()
        self._collect()
        self._moderate()

    def caller(self, person: str) -> ApiClient:
        """Return the client of a person; the visitor's has no token."""
        return self.people.get(person) or ApiClient(self.app)

    def make(self, person: str | None, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST as a person, as superAdmin for None; return the row that was made."""
        answer = (self.staff if person is None else self.people[person]).post(f"{ROOT}/{path}", json=body)
        assert answer.status_code == 201, (path, answer.text)
        row: dict[str, Any] = answer.json[answer.json["dataName"]]
        return row

    def _list(self) -> None:
        category = self.make(None, "categorymanagement-api/v1/categories", {"title": "Watches"})["id"]
        shelf = self.make(None, "categorymanagement-api/v1/subcategories", {
            "categoryId": category, "name": "Straps", "group": "MORE"})["id"]
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
        for status in ("PAID", "SHIPPED", "DELIVERED"):
            moved = self.staff.patch(f"{ROOT}/ordermanagement-api/v1/ordermanagementorderstatus/{order['id']}",
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
            made = self.caller(person).post(f"{ROOT}/adminmoderation-api/v1/appeals", json={
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
    answers = {person: list(read_everything(market, person)) for person in PERSONS}
    assert_nothing_leaks(answers | {LOG: [("the log", log.getvalue())]}, SECRETS)
    seen = {person: found_by(texts, SECRETS) for person, texts in answers.items()}
    assert [name for name, secret in SECRETS.items() if secret.known_to.keys() & {*PERSONS}
            and not any(name in of for of in seen.values())] == [], "nobody sees it who may: is it there at all?"


def test_no_event_and_no_letter_shows_what_its_reader_must_not_see(market: Market) -> None:
    people = {client.email: person for person, client in market.people.items()}
    written: dict[str, list[tuple[str, str]]] = {EVENTS: list(leaks.told_in_events())}
    for letter in fetch(select(MailMessage)):
        written.setdefault(people.get(letter.recipient, MODERATOR), []).append(
            (f"letter {letter.template}", f"{letter.subject}\n{letter.text}\n{letter.html}"))
    assert {EVENTS, SELLER, BUYER} <= written.keys()
    assert_nothing_leaks(written, SECRETS)


def test_no_reading_command_shows_what_the_operator_must_not_see(market: Market) -> None:
    told = list(printed_by_every_reading_command(market))
    assert len(told) > 20
    assert any(line.startswith("flask moderate audit export") and "prevHash" in text for line, text in told)
    assert_nothing_leaks({TERMINAL: told}, SECRETS)


@pytest.mark.slow
def test_no_rehearsal_shows_what_the_operator_must_not_see_or_changes_anything(market: Market) -> None:
    before = sorted(leaks.kept_in_the_database())
    told = [(line, result.output) for line, result in rehearsed(market)]
    assert sorted(leaks.kept_in_the_database()) == before
    assert_nothing_leaks({TERMINAL: told}, SECRETS)


def test_every_act_of_the_terminal_has_a_rehearsal_here() -> None:
    groups = {line.split()[0] for line in REHEARSED}
    known = {" ".join(words) for name in groups for _, words in commands_below(load_command(name), (name,), is_act)}
    assert known == REHEARSED.keys() | FROM_FILES


@pytest.mark.slow
def test_after_the_close_the_seller_and_staff_alone_learn_what_was_bid(
        market: Market, settle: Callable[[], None], log: Any) -> None:
    with moved_clock(hours=2):
        settle()
        answers = {person: list(read_everything(market, person))
                   for person in (SELLER, BUYER, BLOCKED, STRANGER, MODERATOR)}
        told = list(printed_by_every_reading_command(market))
    events = list(leaks.told_in_events())
    assert "maximum" in found_by(answers[SELLER], AFTER_THE_CLOSE)
    assert_nothing_leaks(answers | {TERMINAL: told, EVENTS: events, LOG: [("the log", log.getvalue())]},
                         AFTER_THE_CLOSE)


def read_everything(market: Market, person: str) -> Iterator[tuple[str, str]]:
    """Yield what a person gets by every GET route of the marketplace, with every id that fits and by every filter."""
    caller, ids = market.caller(person), named_ids(market)
    for path in sorted(paths(market.app, ids), key=lambda path: "login" in path):  # a new login ends this one
        if person != VISITOR and PAGES.intersection(path.split("/")[2:4]):
            continue
        answer = caller.get(path)
        assert answer.status_code < 500, (person, path, answer.text)
        yield f"GET {path}", f"{answer.headers}\n{answer.text}"


def paths(app: Flask, ids: dict[str, list[str]]) -> Iterator[str]:
    """Yield every path that the application's URL map answers with GET below the marketplace's root."""
    mounts = set()
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(f"{ROOT}/") or "GET" not in (rule.methods or ()):
            continue
        mounts.add("/".join(rule.rule.split("/")[:3]))
        unknown = rule.arguments - ids.keys()
        assert not unknown, f"{rule.rule}: say in NAMED what {unknown} may be"
        for values in product(*(ids[name] for name in sorted(rule.arguments))):
            made = rule.rule
            for name, value in zip(sorted(rule.arguments), values, strict=True):
                made = re.sub(rf"<(?:[^<>]*:)?{name}>", value, made)
            yield made
    visitor = ApiClient(app)
    for mount in sorted(mounts):
        for operation in operations(visitor, mount) if visitor.get(f"{mount}/openapi.json").status_code == 200 else ():
            if operation.method == "GET" and not operation.places:
                for query in operation.queries:
                    for value in asked(query, ids):
                        yield f"{operation.path}?{query}={value}"


def asked(query: str, ids: dict[str, list[str]]) -> Iterable[str]:
    """Return what a list is asked for by this parameter: a part of the secrets, people and what they sell."""
    if query in ASKED:
        return (NEEDLE,)
    if query == "requestId":  # it names the call, and asks for nothing
        return ()
    return ids.get(query) or (ids["userId"][:2] + ids["productListingProductId"][:1] if query.endswith("Id") else ())


def named_ids(market: Market) -> dict[str, list[str]]:
    """Return name of a parameter → its values: the ids of all rows of each data object, and what NAMED says."""
    ids: dict[str, list[str]] = {}
    with reading() as connection:
        for mapper in Entity.registry.mappers:
            model = mapper.class_
            if getattr(model, "__object__", None) and getattr(model, "__tablename__", None):
                ids.setdefault(f"{model.__object__}Id", []).extend(connection.scalars(select(model.id)))
    ids |= {name: ids[other] for name, other in ALSO.items()} | NAMED
    ids["caseNumber"] = ids["case"] = [str(row.number) for row in fetch(select(Case.number))]
    ids["fileId"] = [row.id for row in fetch(select(BucketFile.id))]
    ids["userId"] = ids["user"] = [client.user_id for client in market.people.values()]
    return {name: values or [NOBODY] for name, values in ids.items()}


def printed_by_every_reading_command(market: Market) -> Iterator[tuple[str, str]]:
    """Yield what each command prints that has --json and changes nothing."""
    ids, system = named_ids(market), ScriptInfo(create_app=lambda: market.app)
    for name in COMMANDS:
        for command, words in commands_below(load_command(name), (name,), is_reading):
            needed = [one.name for one in command.params if isinstance(one, click.Argument) and one.required]
            for values in product(*(ids[str(one)] for one in needed)):
                line = [*words[1:], *values, *([] if words in EXPORTS else ["--json"])]
                yield f"flask {name} {' '.join(line)}", CliRunner().invoke(load_command(name), line, obj=system).output


def rehearsed(market: Market) -> Iterator[tuple[str, Result]]:
    """Yield what became of each act of the terminal with --dry-run, as a moderator where one is named."""
    ids, system = named_ids(market), ScriptInfo(create_app=lambda: market.app)
    ids |= {"act": [f"a{row.number}" for row in fetch(select(Act.number))],
            "appeal": [f"p{row.number}" for row in fetch(select(Appeal.number))]}
    things = [{"type": kind, "thing": one} for kind, name in JUDGED.items() for one in ids[name]]
    for words, forms in REHEARSED.items():
        name, *more = words.split()
        acts = {" ".join(known): one for one, known in commands_below(load_command(name), (name,), is_act)}
        staff = ["--as", market.people[MODERATOR].email] if takes(acts[words], "operator") else []
        for form in forms:
            named = re.findall(r"{(\w+)}", form)
            chosen = things if named == ["type", "thing"] else [
                dict(zip(named, values, strict=True)) for values in product(*(ids[one] for one in named))]
            for values in chosen:
                line = [*more, *form.format(**values).split(), *staff, "--dry-run"]
                yield f"flask {name} {' '.join(line)}", CliRunner().invoke(load_command(name), line, obj=system)


Chosen = Callable[[click.Command, tuple[str, ...]], bool]


def commands_below(command: click.Command, words: tuple[str, ...],
                   chosen: Chosen) -> Iterator[tuple[click.Command, tuple[str, ...]]]:
    """Yield the chosen commands below a group, each with the words that call it."""
    for name, member in command.commands.items() if isinstance(command, click.Group) else ():
        yield from commands_below(member, (*words, name), chosen)
    if chosen(command, words):
        yield command, words


def takes(command: click.Command, option: str) -> bool:
    """Return whether a command has this option, by the name of its parameter."""
    return option in {one.name for one in command.params}


def is_act(command: click.Command, words: tuple[str, ...]) -> bool:
    """Return whether a command changes something: it can be rehearsed."""
    return takes(command, "dry_run")


def is_reading(command: click.Command, words: tuple[str, ...]) -> bool:
    """Return whether a command prints JSON and changes nothing."""
    return words in EXPORTS or (takes(command, "as_json") and not takes(command, "dry_run"))


def found_by(texts: Iterable[tuple[str, str]], secrets: dict[str, Secret]) -> set[str]:
    """Return the names of the secrets that stand in these texts."""
    return {name for _, text in texts for name, secret in secrets.items() if re.search(secret.pattern, text)}


def may_see(reader: str, secret: Secret, where: str) -> bool:
    """Return whether a reader may see a secret there; who asks about an id is told of that id."""
    return any(part in where for part in (*secret.known_to.get(reader, ()), *secret.public_in))


def assert_nothing_leaks(seen: dict[str, list[tuple[str, str]]], secrets: dict[str, Secret]) -> None:
    """Fail with every place where a reader saw a secret that is not his to see."""
    found = [f"{reader} finds {name} in {where}: …{text[max(0, hit.start() - 80):hit.end() + 20]}… ({secret.why})"
             for reader, texts in seen.items() for where, text in texts for name, secret in secrets.items()
             if not may_see(reader, secret, where) and (hit := re.search(secret.pattern, text))]
    assert not found, "\n".join(found)

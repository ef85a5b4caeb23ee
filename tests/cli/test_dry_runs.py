"""`--dry-run` rehearses: it says what would be done, changes nothing, and refuses what the command itself refuses."""
import click
import pytest
from sqlalchemy.exc import OperationalError

from app.actor import system_actor
from app.clock import moved_clock
from blueprints.equipment import registry
from blueprints.equipment.commands import register_equipment
from blueprints.equipment.tokens import Caller, console
from blueprints.marketplace.auction_offer.commands import close_auction
from blueprints.marketplace.product_listing.commands import create_media, delete_product, remove_media
from blueprints.network.company.orphans import look_at_admins
from blueprints.platform.auth.api_clients import create_client
from blueprints.platform.auth.commands import delete_user
from blueprints.platform.auth.queries import stored_hash
from blueprints.platform.moderation import bulk, cases
from blueprints.platform.moderation.appeals import appeal
from blueprints.platform.moderation.reports import report
from blueprints.platform.moderation.words import add_word
from blueprints.platform.webhooks.commands import change_endpoint, create_endpoint, send_test
from cli import load_command
from tests.app.notify.returned import returned_letters
from tests.cli.market import ORDERS
from tests.contract.leaks import kept_in_the_database
from tests.flow import refused_commits
from tests.network.company.pages import Pages

GROUPS = ("moderate", "orders", "users", "auctions", "payments", "notify", "clients", "webhooks", "equipment")
WHY = "--reason because"
ACTS = {
    "moderate take": ("1", "2"), "moderate release": ("1", "2"), "moderate ask": ("1 really?", "2 really?"),
    "moderate note": (f"1 {WHY}", f"99 {WHY}"), "moderate dismiss": (f"1 {WHY}", f"2 {WHY}"),
    "moderate resolve": ("1 --remove --suspend 7 --rule fraud", "2 --remove --rule fraud"),
    "moderate warn": (f"PRODUCT {{reported}} {WHY}", f"PRODUCT {{taken}} {WHY}"),
    "moderate hide": (f"PRODUCT {{reported}} {WHY}", f"PRODUCT {{taken}} {WHY}"),
    "moderate show-again": (f"PRODUCT {{hidden}} {WHY}", f"PRODUCT {{reported}} {WHY}"),
    "moderate override-feedback": (f"{{feedback}} --rating 3 {WHY}", f"deadbeef --rating 3 {WHY}"),
    "moderate suspend": (f"ben@guildhall.test --days 7 {WHY}", f"admin@admin.com --days 7 {WHY}"),
    "moderate ban": (f"ben@guildhall.test {WHY}", f"admin@admin.com {WHY}"),
    "moderate unban": (f"sam@guildhall.test {WHY}", f"ben@guildhall.test {WHY}"),
    "moderate undo": (f"a1 {WHY}", f"a99 {WHY}"),
    "moderate mute-reporter": ("ben@guildhall.test --days 7", "nobody@guildhall.test"),
    "moderate decide": (f"p1 --grant {WHY} --as bob@guildhall.test", f"p1 --grant {WHY}"),
    "moderate words add": ("fake", "replica*"), "moderate words remove": ("replica*", None),
    "moderate rules add": ("knives --title Knives --text No", None), "moderate rules retire": ("fraud", None),
    "moderate ladder set": ("0=warn --as admin@admin.com", "0=warn"),
    "moderate remove-listing": (f"{{reported}} {{other}} {WHY}", f"{{reported}} {{taken}} {WHY}"),
    "moderate bulk resume": ("b1", "b99"),
    "moderate restore": (f"PRODUCT {{deleted}} {WHY}", f"ORDER {{cancelled}} {WHY}"),
    "moderate flag-media": (f"{{picture}} {WHY}", f"{{removed}} {WHY}"),
    "moderate second-chance": (f"{{unpaid}} {WHY}", f"{{payable}} {WHY}"),
    "moderate assign-admin": ("{orphan} eva@guildhall.test --as admin@admin.com",
                              "{page} ann@guildhall.test --as admin@admin.com"),
    "orders ship": (f"{{paid}} --carrier Post --tracking RR1 {WHY}", f"{{open}} --carrier Post --tracking RR1 {WHY}"),
    "auctions close": ("{running}", "{reported}"),
    "users create": ("new@guildhall.test --fullname New", "ben@guildhall.test --fullname Ben"),
    "users import": ("{file}", "{twice}"),
    "users verify": ("uma@guildhall.test", "nobody@guildhall.test"),
    "users role": ("ben@guildhall.test admin --as admin@admin.com", "ben@guildhall.test admin"),
    "users 2fa": ("user email --as admin@admin.com", "admin email"),
    "users lock": ("ben@guildhall.test", "admin@admin.com"),
    "users password": ("ben@guildhall.test --generate", "admin@admin.com --generate"),
    "users export": ("ben@guildhall.test --to {zip} --as admin@admin.com", "ben@guildhall.test --to {zip}"),
    "users erase": ("uma@guildhall.test --as admin@admin.com", "ben@guildhall.test --as admin@admin.com"),
    "notify unmute": ("gone@guildhall.test", None), "notify bounce": ("{returned}", None),
    "clients add": ("ben@guildhall.test --name shop --scope webhooks --as admin@admin.com",
                    "ben@guildhall.test --name shop --scope webhooks"),
    "clients rotate": ("{client} --as admin@admin.com", "{client}"), "clients revoke": ("{client_end}", "deadbeef"),
    "payments fix": ("{open} --status PAID", "{paid} --status PAID"),
    "webhooks pause": ("{webhook}", "{paid}"), "webhooks test": ("{webhook}", "{stopped}"),
    "webhooks replay": ("{webhook} --delivery {delivery}", "{webhook} --delivery {paid}"),
    "payments refund": ("{paid}", "{paid} --surplus"),
    "equipment legal-entity add": ("Clinic --type MSP", "Clinic --type MSP --edrpou 12"),
    "equipment legal-entity update": ("{clinic} --name Other", "{clinic} --edrpou 12"),
    "equipment legal-entity activate": ("{asleep}", "{clinic}"),
    "equipment legal-entity suspend": ("{clinic}", "{asleep}"),
    "equipment legal-entity deactivate": ("{clinic}", "{gone}"),
    "equipment division add": ("Ward --legal-entity {clinic}", "Ward --legal-entity {gone}"),
    "equipment division update": ("{ward} --name Other", "deadbeef --name Other"),
    "equipment division activate": ("{shut}", "{ward}"), "equipment division deactivate": ("{ward}", "{used}"),
    "equipment client add": ("--legal-entity {clinic} --user {paid} --role OWNER --scope equipment:read",
                             "--legal-entity {clinic} --user nobody --role OWNER --scope equipment:read"),
    "equipment client revoke": ("{registered}", "deadbeef"),
    "equipment dictionary load": ("{codes}", "{file}"),
}
"""The words of an act that would be done, and of one that is refused (None: there is none but wrong usage)."""
LEAVES_A_TRACE = {"moderate remove-listing", "users import"}
"""What is refused thing by thing is written down: only its rehearsal changes nothing."""
NOT_REHEARSED = {
    "payments reconcile": "it asks the gateway, which no transaction waits for: it counts what it would look up",
    "users ensure-super-admin": "every realm has one by now",
    "notify retry": "no letter was given up",
}
SAYS_WHAT_IT_BEGINS = {"users erase", "users import"}
"""The table of what would go, and the name of a bar: what they say of success comes behind these."""
WITHOUT_A_SERVER = {"notify test"}
"""What speaks with a mail server: tests/app/notify/test_letters_that_stay.py has one."""


@pytest.fixture
def named(market, callers, settle, tmp_path):
    """A world in which each act of ACTS would be done, or refused; returns the names in its words."""
    ada, bob, sara, ben = market.ada.actor, callers.admin("bob").actor, market.sara, market.ben
    names = {name: market.listed() for name in ("reported", "taken", "hidden", "deleted", "other", "warned")}
    for name in ("reported", "taken"):
        report(ben.actor, entity_type="PRODUCT", entity_id=names[name], reason="FRAUD")
    cases.take(bob, 2)
    for kind, thing in (("WARN", "warned"), ("HIDE", "hidden")):
        cases.act(ada, cases.ActOrder(kind, "PRODUCT", names[thing]), reason="so it is")
    appeal(sara.actor, strike_number=1, text="It is genuine.")
    cases.act(ada, cases.ActOrder("SUSPEND", "USER", market.sam.user_id, days=7), reason="so it is")
    add_word(ada, phrase="replica*", reason="OTHER")
    bulk.begin(ada, "REMOVE", "PRODUCT", [names["other"]], reason="fakes")
    delete_product(sara.actor, names["deleted"])
    pictures = [create_media(sara.actor, mime_type="image/png", url=f"https://a.example/{name}.png", size=5).id
                for name in "ab"]
    remove_media(ada, pictures[1])
    with moved_clock(days=-5):
        names["unpaid"] = _won(market)
    names |= {"payable": _won(market), "running": market.listed(type="AUCTION", startPrice=50)}
    orders = {"paid": market.paid(), "open": market.ordered(), "cancelled": market.paid()}
    ben.delete(f"{ORDERS}/ordermanagementorders/{orders['cancelled']['id']}")
    callers.user("uma", email_verified=False)
    callers.user("eva", realm="network")
    pages = Pages(callers)
    lost, kept = pages.found(pages.b), pages.found()
    delete_user(pages.s.actor, pages.b.user_id)
    look_at_admins(system_actor("network"), [lost["id"]])
    for name, lines in (("file", "new@example.com,New"), ("twice", "a@example.com,A\na@example.com,B")):
        (tmp_path / name).write_text(f"email,fullname\n{lines}\n")
        names[name] = str(tmp_path / name)
    settle()
    names["returned"] = str(returned_letters(tmp_path, "gone@guildhall.test"))
    proven = stored_hash("marketplace", ben.user_id)
    names["client"] = create_client(ben.actor, name="shop", scopes=["notices"], proven_hash=proven)[0]["id"]
    names["client_end"] = names["client"][-8:]
    names["webhook"], names["stopped"] = (create_endpoint(ben.actor, url="https://hooks.example/in", topics=[
        f"user/{ben.user_id}"])[0]["id"] for _ in range(2))
    names["delivery"] = send_test(ben.actor, names["webhook"])
    change_endpoint(ben.actor, names["stopped"], state="paused")
    names["zip"] = str(tmp_path / "ben.zip")
    (tmp_path / "codes.json").write_text('{"CT": "Computed tomograph", "XRAY": "X-ray system"}')
    names |= _registered() | {"codes": str(tmp_path / "codes.json")}
    return names | {name: order["id"] for name, order in orders.items()} | {
        "picture": pictures[0], "removed": pictures[1], "feedback": _judged(market), "orphan": lost["id"],
        "page": kept["id"]}


def _registered():
    """A registry with three legal entities and three divisions; returns the names of its parts."""
    registry.load_dictionary(console(), "DEVICE_TYPE", {"XRAY": "X-ray system"})
    clinic, asleep, gone = (registry.create_legal_entity(console(), {"name": name, "type": "MSP"}) for name in "ABC")
    for entity, action in ((asleep, "suspend"), (gone, "deactivate")):
        registry.change_legal_entity_status(console(), entity, action)
    ward, used, shut = (registry.create_division(console(clinic), {"name": name}) for name in "DEF")
    registry.change_division_status(console(), shut, "deactivate")
    register_equipment(Caller(clinic, clinic, "OWNER"), {"type": "XRAY", "name": "Walker", "division_id": used})
    client, _ = registry.create_client(console(), {
        "legal_entity_id": clinic, "user_id": clinic, "role": "OWNER", "scopes": ["equipment:read"]})
    return {"clinic": clinic, "asleep": asleep, "gone": gone, "ward": ward, "used": used, "shut": shut,
            "registered": client}


def _won(market):
    """An auction that Cleo has won before Ben, and has not paid."""
    auction = market.listed(type="AUCTION", startPrice=50)
    for bidder, amount in ((market.ben, 60), (market.cleo, 70)):
        placed = bidder.post("/marketplace/auctionoffer-api/v1/auctionofferbids", json={
            "productId": auction, "bidAmount": amount, "currency": "USD", "status": "ACTIVE"})
        assert placed.status_code == 201, placed.text
    close_auction(market.ada.actor, auction, early=True)
    return auction


def _judged(market):
    product = market.listed()
    order = market.paid(product)
    for person, body in ((market.ada, {"status": "SHIPPED", "carrier": "Post", "trackingNumber": "RR1"}),
                         (market.ben, {"status": "DELIVERED"})):
        moved = person.patch(f"{ORDERS}/ordermanagementorderstatus/{order['id']}", json=body)
        assert moved.status_code == 200, moved.text
    given = market.ben.post("/marketplace/feedback-api/v1/feedbacks", json={
        "orderId": order["id"], "orderItemId": order["items"][0], "sellerId": market.sara.user_id, "rating": 1,
        "productId": product, "comment": "no"})
    assert given.status_code == 201, given.text
    return given.json["feedback"]["id"]


def rehearsable(command, words):
    """Yield the words of every command below a group that has --dry-run."""
    if isinstance(command, click.Group):
        for name, member in command.commands.items():
            yield from rehearsable(member, (*words, name))
    elif any(one.name == "dry_run" for one in command.params):
        yield " ".join(words)


def error_of(result):
    return [line for line in result.stderr.splitlines() if line.startswith("Error:")]


def test_every_act_of_the_terminal_is_rehearsed_here():
    known = {words for group in GROUPS for words in rehearsable(load_command(group), (group,))}
    assert known == ACTS.keys() | NOT_REHEARSED.keys() | WITHOUT_A_SERVER


@pytest.fixture
def tried(run, named):
    """Call it with a command of ACTS, its words and options; returns click's result."""
    def invoke(command, words, *how):
        named_words = [word.format(**named) for word in words.split()]
        takes_operator = not command.startswith(("payments", "notify", "webhooks", "equipment", "users create",
                                                 "users import"))
        who = ("--as", "ada@guildhall.test") if takes_operator and "--as" not in words else ()
        return run(*command.split(), *named_words, *who, *how)
    return invoke


def test_success_is_told_after_it_happens(tried):
    """Whatever an act changes is refused by the database at the commit: then the act has said nothing of success."""
    before = sorted(kept_in_the_database())

    with refused_commits(OperationalError("COMMIT", {}, Exception("database or disk is full"))):
        acts = {command: tried(command, done, "--yes") for command, (done, _) in ACTS.items()}
    assert [command for command, act in acts.items() if act.exit_code != 1] == []
    assert {command for command, act in acts.items() if act.stdout} <= SAYS_WHAT_IT_BEGINS
    assert sorted(kept_in_the_database()) == before


def test_a_dry_run_changes_nothing_and_refuses_what_the_act_refuses(run, tried):
    before = sorted(kept_in_the_database())

    for command, (done, refused) in ACTS.items():
        rehearsal = tried(command, done, "--dry-run")
        assert (rehearsal.exit_code, "dry run: nothing was changed" in rehearsal.stderr) == (0, True), (
            command, rehearsal.output)
        assert "to do: " in rehearsal.stderr, (command, rehearsal.output)
        if refused is not None:
            rehearsal = tried(command, refused, "--dry-run")
            assert (rehearsal.exit_code, "Go on?" in rehearsal.output) == (1, False), (command, rehearsal.output)
            if command not in LEAVES_A_TRACE:
                act = tried(command, refused, "--yes")
                assert (act.exit_code, error_of(act)) == (1, error_of(rehearsal)), (command, act.output)
    for command in NOT_REHEARSED:
        assert run(*command.split(), "--dry-run").exit_code == 0, command
    assert sorted(kept_in_the_database()) == before

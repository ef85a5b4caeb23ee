"""`flask users find` and `show`: refusals first; what is masked, and what each reveal leaves behind."""
import json
from uuid import uuid4

import pytest

from app.data.ids import short_id
from tests.network.content.wall import CONTENT
from tests.network.job_application.offers import Offers
from tests.network.profile.cards import connect, make_premium, write

AS_ADA = ("--as", "ada@guildhall.test")
REVEALED = ("--reveal", *AS_ADA)


def shown(run, *words):
    result = run("users", *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def reveals(run, realm="marketplace"):
    events = json.loads(run("security", "log", "--kind", "account", "--realm", realm, "--json").stdout)
    return [one for one in events if "revealed" in (one["detail"] or {})]


def test_nothing_is_revealed_without_saying_who_looks(run, market):
    for words in (("show", "sara@guildhall.test"), ("find", "sara")):
        refused = run("users", *words, "--reveal")
        assert (refused.exit_code, "GUILDHALL_OPERATOR" in refused.stderr) == (2, True)
        assert "sara@" not in refused.output
        assert run("users", *words, "--reveal", "--as", "ben@guildhall.test").exit_code == 1
    assert reveals(run) == []


def test_an_unknown_user_is_refused(run, market):
    for text in (str(uuid4()), "nobody@guildhall.test"):
        refused = run("users", "show", text)
        assert (refused.exit_code, "has no user" in refused.stderr) == (1, True)
    assert shown(run, "find", "nobody") == []
    assert shown(run, "find", "%") == []


def test_e_mail_and_phone_are_masked_everywhere(run, market):
    market.paid()
    for words in (("show", market.sara.user_id), ("find", "sara"), ("find", "guildhall.test"),
                  ("show", market.ben.user_id)):
        for told in (run("users", *words), run("users", *words, "--json")):
            assert told.exit_code == 0, told.output
            for secret in ("sara@guildhall.test", "ben@guildhall.test", "+41 79 555 01 02", "5550102"):
                assert secret not in told.output
    assert shown(run, "show", "sara@guildhall.test")["email"] == "s…@guildhall.test"
    assert reveals(run) == []


def test_each_reveal_shows_the_contacts_and_leaves_one_event_with_who_looked(run, market):
    person = shown(run, "show", market.sara.user_id, *REVEALED)
    assert (person["email"], person["phone"]) == ("sara@guildhall.test", "+41 79 555 01 02")
    assert "sara@guildhall.test" in run("users", "find", "sara", *REVEALED).stdout
    first, second = reveals(run)
    assert first["user_id"] == second["user_id"] == market.sara.user_id
    assert first["actor_id"] == second["actor_id"] == market.ada.user_id
    assert first["operator"]
    assert first["detail"] == {"revealed": ["email", "phone"]}
    said = [line for line in run("moderate", "audit", "export").stdout.splitlines() if "contacts.revealed" in line]
    assert [market.sara.user_id in line for line in said] == [True, True]


@pytest.mark.parametrize("text", ["sara@guildhall.test", "SARA@Guildhall.test", "sara", "Sár", "ara@guild"])
def test_a_person_is_found_by_e_mail_and_parts_of_name_and_address(run, market, text):
    assert [one["id"] for one in shown(run, "find", text)] == [market.sara.user_id]


def test_a_person_is_found_by_the_last_digits_of_the_id(run, market):
    assert [one["id"] for one in shown(run, "find", market.sara.user_id[-8:])] == [market.sara.user_id]
    assert shown(run, "show", market.sara.user_id[-8:])["id"] == market.sara.user_id


def test_locked_and_archived_accounts_are_found_and_say_so(run, market):
    locked = run("users", "lock", "ben@guildhall.test", "--days", "7", *AS_ADA, "--yes", "--json")
    assert market.cleo.delete(f"/marketplace/auth-api/v1/archiveprofile/{market.cleo.user_id}").status_code == 200
    assert {one["fullname"]: one["state"] for one in shown(run, "find", "guildhall.test")} == {
        "Sara": "active", "Sam": "active", "Ben": "locked", "Cleo": "archived", "Ada": "active"}
    assert shown(run, "show", "cleo@guildhall.test")["archivedAt"]
    assert json.loads(locked.stdout)["lockedUntil"] == shown(run, "show", "ben@guildhall.test")["lockedUntil"]
    assert run("security", "log", "--user", "cleo@guildhall.test").exit_code == 0


def test_of_an_account_that_was_deleted_the_security_events_are_shown(run, market):
    market.logged_in(market.cleo, "203.0.113.7", "a phone")
    assert market.ada.delete(f"/marketplace/auth-api/v1/users/{market.cleo.user_id}").status_code == 200
    seen = run("security", "log", "--kind", "login", "--user", market.cleo.user_id[-8:], "--json")
    assert (seen.exit_code, [one["device"] for one in json.loads(seen.stdout)]) == (0, ["a phone"]), seen.output


def test_show_tells_listings_orders_and_sessions(run, market):
    order = market.paid()
    sara, ben = shown(run, "show", "sara@guildhall.test"), shown(run, "show", "ben@guildhall.test")
    assert [one["title"] for one in sara["listings"]] == ["Brass sextant"]
    assert (sara["liveListings"], sara["ordersBought"], sara["linesSold"]) == (1, 0, 1)
    assert [one["id"] for one in sara["sold"]] == [one["id"] for one in ben["bought"]] == [order["id"]]
    assert (ben["liveListings"], ben["ordersBought"], ben["linesSold"], ben["sold"]) == (0, 1, 0, [])
    assert len(sara["sessions"]) == 1


def test_linked_are_accounts_of_one_phone_network_or_rare_device(run, market, callers):
    twin = callers.user("twin", phone="0041 79 5550102", phone_digits="41795550102")
    for person, address, device in ((market.sara, "203.0.113.7", "OddPhone/1"), (twin, "203.0.113.7", "Common/9"),
                                    (market.ben, "198.51.100.1", "OddPhone/1"), (market.cleo, "192.0.2.1", "Other/2")):
        market.logged_in(person, address, device)
    linked = {one["fullname"]: one["why"] for one in shown(run, "show", "sara@guildhall.test")["linked"]}
    assert linked == {"Twin": "phone, address 203.0.113.x", "Ben": "device"}
    assert shown(run, "show", "cleo@guildhall.test")["linked"] == []


def test_a_common_device_links_nobody(run, market, callers):
    for number in range(7):
        market.logged_in(callers.user(f"p{number}"), f"192.0.2.{number}", "Browser/1")
    market.logged_in(market.sara, "203.0.113.7", "Browser/1")
    assert shown(run, "show", "sara@guildhall.test")["linked"] == []


def test_the_other_realm_has_its_own_people_and_no_market(run, callers):
    nora = callers.user("nora", realm="network")
    person = shown(run, "show", nora.user_id, "--realm", "network")
    assert (person["email"], person["phone"], "listings" in person) == ("n…@guildhall.test", None, False)
    assert shown(run, "find", "nora", "--realm", "marketplace") == []
    callers.admin("ned", realm="network")
    revealed = shown(run, "show", nora.user_id, "--realm", "network", "--reveal", "--as", "ned@guildhall.test")
    assert revealed["email"] == "nora@guildhall.test"
    assert [one["detail"] for one in reveals(run, "network")] == [{"revealed": ["email"]}]


def test_tables_fit_a_hundred_columns(run, market, callers):
    long = callers.user("long", email="a.very.long.address.of.somebody@department.of.a.long.host.example",
                        fullname="Maximiliana Alexandrina von Hohenfels-Waldenburg zu Neustadt an der Aisch")
    market.paid(market.listed(seller=long, title="A title that goes on and on " * 6))
    market.logged_in(long, "2001:db8:1:2::", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)")
    for words in (("show", long.user_id), ("find", "guildhall"), ("find", "Maximiliana")):
        told = run("users", *words)
        assert told.exit_code == 0, told.output
        assert max(len(line) for line in told.stdout.splitlines()) <= 100, told.stdout


def test_the_number_of_statements_does_not_grow(run, market, callers, count_statements):
    def counted():
        with count_statements() as statements:
            shown(run, "show", "sara@guildhall.test")
        return len(statements)

    market.paid()
    market.logged_in(market.sara, "203.0.113.7", "OddPhone/1")
    market.logged_in(market.ben, "203.0.113.7", "OddPhone/1")
    before = counted()
    for number in range(4):
        market.ordered(market.listed(), market.listed(seller=market.sam))
        market.logged_in(market.sara, f"203.0.113.{number}", f"OddPhone/{number}")
        market.logged_in(callers.user(f"p{number}"), f"203.0.113.{number}", f"OddPhone/{number}")
    assert counted() == before


LONG = "Goes on and on " * 16
PARTS_OF_NETWORK = ("profile", "pages", "posts", "postings")


@pytest.fixture
def offers(callers):
    return Offers(callers)


def done_once_more(offers, person, number):
    """A person founds a page, posts, offers a job, gets to know somebody and applies to him; returns a row of each."""
    friend = offers.callers.user(f"f{number}", realm="network")
    connect(person, friend)
    offers.applied(person, offers.own(friend))
    posted = person.post(f"{CONTENT}/posts", json={"content": f"words {number}"})
    assert posted.status_code == 201, posted.text
    page = offers.found(person, name=f"{number} {LONG}"[:200])
    return {"pages": page["id"], "posts": posted.json["post"]["id"],
            "postings": offers.own(person, title=LONG, companyName=LONG)["id"]}


def of_network(run, person, *words):
    return run("users", "show", person.user_id, "--realm", "network", *words)


def test_show_tells_what_somebody_is_in_the_network_without_the_words(run, offers):
    person = offers.c
    ids = {"profile": write(person, headline="words")["id"]} | done_once_more(offers, person, 1)
    make_premium(person)
    shown = json.loads(of_network(run, person, "--json").stdout)
    assert {name: [one["id"] for one in shown[name]] for name in PARTS_OF_NETWORK} == {
        name: [one] for name, one in ids.items()}
    assert (shown["connections"], shown["applications"], shown["profile"][0]["visibility"]) == (1, 1, "public")
    assert shown["premiumUntil"] > shown["createdAt"]
    table = of_network(run, person).stdout
    assert max(len(line) for line in table.splitlines()) <= 100, table
    for one in ids.values():
        assert short_id(one) in table
    assert "words" not in table + json.dumps(shown)


def test_who_has_nothing_in_the_network_is_shown_with_none_of_it(run, offers):
    shown = json.loads(of_network(run, offers.d, "--json").stdout)
    assert [shown[name] for name in PARTS_OF_NETWORK] == [[]] * 4
    assert (shown["premiumUntil"], shown["connections"], shown["applications"]) == (None, 0, 0)


def test_the_number_of_statements_does_not_grow_in_the_network_and_the_latest_are_shown(
        run, offers, count_statements):
    def counted():
        with count_statements() as statements:
            of_network(run, offers.c)
        return len(statements)

    made = [done_once_more(offers, offers.c, 0)]
    before = counted()
    made += [done_once_more(offers, offers.c, number) for number in range(1, 7)]
    assert counted() == before
    shown = json.loads(of_network(run, offers.c, "--json").stdout)
    for name in PARTS_OF_NETWORK[1:]:
        assert [one["id"] for one in shown[name]] == [one[name] for one in reversed(made[-5:])]
    assert (shown["connections"], shown["applications"]) == (7, 7)

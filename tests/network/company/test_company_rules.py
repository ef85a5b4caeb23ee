"""Pages, admins, followers and updates beyond the scenarios: NET-4, NET-7 to NET-13, NET-31, NET-32 (network.md)."""
from datetime import timedelta
from typing import Any

import pytest

from app.clock import now
from app.data.ids import uuid7
from app.data.reads import fetch
from app.jobs.worker import run_all_due_work
from blueprints.network.company import topics
from blueprints.network.company.counting import check_tallies, differences
from blueprints.network.company.queries import admins_of, company_facts, followers_of, is_admin
from blueprints.network.company.rights import administered_by, opened_to
from blueprints.platform.auth.commands import lock_user
from tests.cli.conftest import plans  # noqa: F401 - pytest finds it here
from tests.clients import ApiClient
from tests.network.company.pages import COMPANY, Pages, ok, refused

# ruff: noqa: F811 - that is how pytest hands fixtures over
REFUSED_NAMES = ("", "   ", "Ac\u200bme", "Acme\u202e", "a\nb", 5, "x" * 256, "\ufdfa" * 100)


@pytest.fixture
def acme(pages: Pages) -> dict[str, Any]:
    return pages.found(name="Acme")


@pytest.fixture
def secret(pages: Pages) -> dict[str, Any]:
    return pages.found(name="Secret", pageVisibility="private")


# --- pages ---


@pytest.mark.parametrize("name", REFUSED_NAMES)
def test_a_name_that_hides_something_or_is_none_is_refused(pages, name):
    answer = pages.a.post(f"{COMPANY}/companies", json={"name": name})
    assert answer.status_code == 400
    assert list(answer.json["detail"]) == ["name"]


@pytest.mark.parametrize("same", ["ACME", "  acme ", "Ａｃｍｅ"])
def test_names_are_compared_folded_and_a_deleted_page_gives_its_name_back(pages, acme, same):
    assert refused(pages.b.post(f"{COMPANY}/companies", json={"name": same})) == (400, "CompanyNameTaken")
    other = pages.found(pages.b, name="Other")
    assert refused(pages.change(pages.b, other, name=same)) == (400, "CompanyNameTaken")
    ok(pages.change(pages.a, acme, name="Acme"))
    ok(pages.a.delete(f"{COMPANY}/companies/{acme['id']}"))
    ok(pages.change(pages.b, other, name=same))


@pytest.mark.parametrize("field", ["website", "logoUrl"])
def test_an_address_that_runs_is_refused(pages, acme, field):
    assert refused(pages.change(pages.a, acme, **{field: "javascript:alert(1)"})) == (400, "ValidationError")


def test_who_made_the_page_never_changes(pages, acme):
    changed = ok(pages.change(pages.a, acme, createdByUserId=pages.b.user_id, industry="Toys"))["company"]
    assert (changed["createdByUserId"], changed["industry"]) == (pages.a.user_id, "Toys")


def test_a_deleted_page_is_404_with_all_that_is_its(pages, acme):
    row, update = pages.followed(pages.c, acme), pages.published(acme)
    right = pages.right_of(pages.a, acme)
    assert ok(pages.a.delete(f"{COMPANY}/companies/{acme['id']}"))["company"]["isActive"] is False
    answers = [
        pages.see(pages.a, acme), pages.change(pages.a, acme, location="x"), pages.follow(pages.d, acme),
        pages.a.delete(f"{COMPANY}/companies/{acme['id']}"), pages.publish(pages.a, acme), pages.read(pages.a, update),
        pages.assign(pages.a, acme, pages.b), pages.a.get(f"{COMPANY}/companyadmins/{right['id']}"),
        pages.c.get(f"{COMPANY}/companyfollowers/{row['id']}"), pages.unfollow(pages.c, row)]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    for what in ("companies", "companyadmins", "companyfollowers", "companyupdates"):
        assert pages.lists(pages.a, what) == pages.lists(pages.c, what) == []


def test_net_11_the_admins_of_a_deleted_page_are_still_known_as_such(pages, acme, sent):
    ok(pages.a.delete(f"{COMPANY}/companies/{acme['id']}"))
    assert is_admin(acme["id"], pages.a.user_id)
    assert not company_facts(acme["id"]).is_active
    assert fetch(administered_by(pages.a.user_id)) == []
    assert [event.key for event in sent(topics.COMPANY_DELETED)] == [acme["id"]]


def test_net_31_every_read_needs_a_login(pages, acme, client):
    for path in ("companies", f"companies/{acme['id']}", "companyadmins", "companyfollowers", "companyupdates"):
        assert client.get(f"{COMPANY}/{path}").status_code == 401


def test_net_31_admins_of_the_realm_do_not_read_private_pages_and_the_superadmin_does(pages, secret, callers):
    update, staff = pages.published(secret), callers.admin(realm="network")
    assert pages.see(staff, secret).status_code == pages.read(staff, update).status_code == 403
    assert pages.lists(staff, "companies") == pages.lists(staff, "companyupdates") == []
    ok(pages.see(pages.s, secret))
    ok(pages.read(pages.s, update))
    assert pages.lists(pages.s, "companies") == [secret["id"]]
    assert pages.lists(pages.s, "companyupdates") == [update["id"]]


def test_lists_are_filtered_and_walked(pages):
    bern = pages.found(name="Bakery Bern", location="Bern", industry="Food")
    pages.found(name="Smith", location="Basel", industry="Metal")
    assert pages.lists(pages.d, "companies", name="bakery") == [bern["id"]]
    assert pages.lists(pages.d, "companies", location="BERN", industry="food") == [bern["id"]]
    assert pages.lists(pages.d, "companies", pageVisibility="private") == []


@pytest.mark.parametrize("what", ["companies", "companyadmins", "companyfollowers", "companyupdates"])
def test_the_statements_of_a_list_do_not_grow_with_its_rows(pages, what, count_statements):
    def grow() -> None:
        page = pages.found()
        ok(pages.assign(pages.a, page, pages.b), 201)
        pages.followed(pages.c, page)
        pages.published(page)

    told = []
    for rounds in (1, 6):
        for _ in range(rounds):
            grow()
        pages.a.get(f"{COMPANY}/{what}?caching=false")
        with count_statements() as statements:
            ok(pages.a.get(f"{COMPANY}/{what}?caching=false"))
        told.append(len(statements))
    assert told[0] == told[1]


# --- admins ---


def test_net_9_the_last_active_admin_stays(pages, acme):
    right = pages.right_of(pages.a, acme)
    assert refused(pages.remove(pages.a, right)) == (400, "LastCompanyAdmin")
    ok(pages.assign(pages.a, acme, pages.b), 201)
    lock_user(pages.s.actor, pages.b.user_id, now() + timedelta(days=1))
    assert refused(pages.remove(pages.a, right)) == (400, "LastCompanyAdmin")
    assert refused(pages.remove(pages.s, right)) == (400, "LastCompanyAdmin")


def test_net_9_admins_remove_each_other_and_lose_every_right(pages, acme):
    row = ok(pages.assign(pages.a, acme, pages.b), 201)["companyAdmin"]
    update = pages.published(acme)
    assert pages.remove(pages.d, row).status_code == 403
    ok(pages.remove(pages.b, pages.right_of(pages.a, acme)))
    # NET-12: A has made the page and written the update, and is no admin any more
    patched = pages.a.patch(f"{COMPANY}/companyupdates/{update['id']}", json={"content": "x"})
    deleted = pages.a.delete(f"{COMPANY}/companyupdates/{update['id']}")
    assert [answer.status_code for answer in (patched, deleted, pages.change(pages.a, acme, location="x"),
                                              pages.publish(pages.a, acme))] == [403] * 4
    ok(pages.b.patch(f"{COMPANY}/companyupdates/{update['id']}", json={"content": "x"}))


def test_whoever_is_gone_or_blocked_is_not_made_an_admin(pages, acme):
    lock_user(pages.s.actor, pages.d.user_id, now() + timedelta(days=1))
    ok(pages.b.post("/network/people-api/v1/blocks", json={"userId": pages.a.user_id}), 201)
    for person in (uuid7(), pages.d.user_id, pages.b.user_id):
        body = {"companyId": acme["id"], "userId": person}
        assert pages.a.post(f"{COMPANY}/assigncompanyadmin", json=body).status_code == 404


def test_rows_of_admins_are_their_companys(pages, acme, secret):
    right = pages.right_of(pages.a, acme)
    assert pages.d.get(f"{COMPANY}/companyadmins/{right['id']}").status_code == 403
    assert pages.lists(pages.d, "companyadmins", companyId=acme["id"]) == []
    shown = ok(pages.a.get(f"{COMPANY}/companyadmins/{right['id']}"))["companyAdmin"]
    assert (shown["user"]["fullname"], shown["assigner"]["id"], shown["company"]["name"]) == (
        "Ann", pages.a.user_id, "Acme")


# --- followers ---


def test_net_10_a_request_to_a_private_page_grants_nothing_until_an_admin_approves(pages, secret, sent):
    update = pages.published(secret)
    row = pages.followed(pages.c, secret)
    assert (row["followState"], row["followState_idx"]) == ("requested", 0)
    assert pages.see(pages.c, secret).status_code == pages.read(pages.c, update).status_code == 403
    assert pages.lists(pages.c, "companies") == pages.lists(pages.c, "companyupdates") == []
    assert (fetch(opened_to(pages.c.user_id)), followers_of(secret["id"], 9)) == ([], [])
    assert pages.counts(secret) == (0, 1)
    assert pages.approve(pages.c, row).status_code == pages.approve(pages.d, row).status_code == 403
    assert ok(pages.approve(pages.a, row))["companyFollower"]["followState"] == "approved"
    ok(pages.approve(pages.a, row))
    ok(pages.see(pages.c, secret))
    assert pages.lists(pages.c, "companyupdates") == [update["id"]]
    assert (pages.counts(secret), followers_of(secret["id"], 9)) == ((1, 1), [pages.c.user_id])
    assert [event.key for event in sent(topics.COMPANY_FOLLOWED)] == [row["id"]]


def test_net_10_a_request_is_refused_or_taken_back_and_a_follower_shown_out(pages, secret):
    for end in (lambda row: pages.unfollow(pages.c, row),
                lambda row: pages.a.delete(f"{COMPANY}/companyfollowers/{row['id']}"),
                lambda row: ok(pages.approve(pages.a, row)) and pages.a.delete(
                    f"{COMPANY}/companyfollowers/{row['id']}")):
        row = pages.followed(pages.c, secret)
        assert refused(pages.follow(pages.c, secret)) == (400, "AlreadyFollowing")
        assert pages.d.delete(f"{COMPANY}/companyfollowers/{row['id']}").status_code == 403
        ok(end(row))
        assert (pages.see(pages.c, secret).status_code, pages.counts(secret)) == (403, (0, 0))


def test_net_10_a_page_that_becomes_public_lets_in_who_waited(pages, secret, callers):
    rows = [pages.followed(callers.user(f"waits{number}", realm="network"), secret) for number in range(3)]
    ok(pages.change(pages.a, secret, pageVisibility="public"))
    run_all_due_work()
    assert pages.counts(secret) == (3, 0)
    shown = {ok(pages.a.get(f"{COMPANY}/companyfollowers/{row['id']}"))["companyFollower"]["followState"]
             for row in rows}
    assert (shown, differences(10)) == ({"approved"}, [])


def test_an_admin_follows_the_own_private_page_at_once(pages, secret):
    assert pages.followed(pages.a, secret)["followState"] == "approved"


def test_the_list_of_followers_is_the_admins_and_everybody_sees_the_own_rows(pages, acme):
    row, other = pages.followed(pages.c, acme), pages.followed(pages.d, acme)
    own = pages.followed(pages.a, acme)
    assert pages.lists(pages.a, "companyfollowers") == [row["id"], other["id"], own["id"]]
    assert pages.lists(pages.c, "companyfollowers", companyId=acme["id"]) == [row["id"]]
    assert pages.d.get(f"{COMPANY}/companyfollowers/{row['id']}").status_code == 403
    assert ok(pages.c.get(f"{COMPANY}/companyfollowers/{row['id']}"))["companyFollower"]["company"]["id"] == acme["id"]


def test_whoever_administers_many_pages_sees_all_their_followers_once(pages):
    own = [pages.found() for _ in range(22)]
    rows = [pages.followed(caller, page)["id"] for page in own[:2] for caller in (pages.c, pages.a)]
    foreign = pages.followed(pages.a, pages.found(pages.b))["id"]
    pages.followed(pages.c, pages.found(pages.b))
    assert pages.lists(pages.a, "companyfollowers") == [*rows, foreign]
    assert pages.lists(pages.a, "companyfollowers", companyId=own[1]["id"]) == rows[2:]
    assert pages.lists(pages.a, "companyfollowers", followState="requested") == []


def test_requests_and_own_rows_are_found_without_reading_all_followers(pages, acme, plans):
    row = pages.followed(pages.c, acme)["id"]
    plans.clear()
    assert pages.lists(pages.a, "companyfollowers", companyId=acme["id"], followState="requested") == []
    assert any("ix_network_company_follower_requested" in step for step in plans)
    assert pages.lists(pages.c, "companyfollowers") == [row]
    assert not [step for step in plans if step.startswith("SCAN network_company_follower")]


def test_net_13_the_actors_own_name_alone_is_taken_and_no_time(pages, acme):
    in_anothers_name = {"userId": pages.b.user_id, "authorUserId": pages.b.user_id, "assignedBy": pages.b.user_id}
    assert pages.c.post(f"{COMPANY}/followcompany", json={
        "companyId": acme["id"], "userId": in_anothers_name["userId"]}).status_code == 403
    assert pages.publish(pages.a, acme, authorUserId=pages.b.user_id).status_code == 403
    assert pages.a.post(f"{COMPANY}/assigncompanyadmin", json={
        "companyId": acme["id"], **in_anothers_name}).status_code == 403


# --- updates ---


def test_net_11_an_update_of_a_private_page_is_its_followers_whatever_it_says_of_itself(pages, secret):
    update = pages.published(secret, visibility="public")
    assert pages.read(pages.d, update).status_code == 403
    assert pages.lists(pages.d, "companyupdates") == []


def test_net_7_a_companys_voice_is_heard_across_a_block(pages, acme):
    update = pages.published(acme)
    ok(pages.d.post("/network/people-api/v1/blocks", json={"userId": pages.a.user_id}), 201)
    ok(pages.read(pages.d, update))
    assert pages.lists(pages.d, "companyupdates") == [update["id"]]
    ok(pages.see(pages.d, acme))


def test_net_8_the_update_of_an_author_who_rests_is_seen_by_the_admins_alone(pages, acme):
    ok(pages.assign(pages.a, acme, pages.b), 201)
    update = pages.published(acme)
    lock_user(pages.s.actor, pages.a.user_id, now() + timedelta(days=1))
    assert pages.read(pages.d, update).status_code == 404
    assert pages.lists(pages.d, "companyupdates") == []
    assert pages.lists(pages.b, "companyupdates") == [update["id"]]
    ok(pages.read(pages.b, update))


def test_attachments_are_set_added_and_taken_out(pages, acme):
    files = [f"https://f.example/{number}" for number in range(20)]
    update = pages.published(acme, attachmentUrls=files[:2])
    path = f"{COMPANY}/companyupdates/{update['id']}"

    def sent(**values: Any) -> Any:
        return ok(pages.a.patch(path, json=values))["companyUpdate"]["attachmentUrls"]

    assert sent(attachmentUrls_append=[files[1], files[2]]) == files[:3]
    assert sent(attachmentUrls_remove=files[0]) == files[1:3]
    assert sent(attachmentUrls=[]) == []
    assert sent(attachmentUrls=files) == files
    more = pages.a.patch(path, json={"attachmentUrls_append": "https://f.example/more"})
    assert refused(more) == (400, "TooManyValues")
    assert pages.a.patch(path, json={"attachmentUrls_append": "javascript:x"}).status_code == 400
    assert ok(pages.read(pages.d, update))["companyUpdate"]["attachmentUrls"] == files


def test_the_counts_are_public_updates_and_approved_followers(pages, acme):
    first, second = pages.published(acme), pages.published(acme, visibility="private")
    assert pages.counts(acme) == (0, 1)
    ok(pages.a.patch(f"{COMPANY}/companyupdates/{second['id']}", json={"visibility": "public"}))
    assert pages.counts(acme) == (0, 2)
    ok(pages.a.delete(f"{COMPANY}/companyupdates/{first['id']}"))
    row = pages.followed(pages.c, acme)
    assert pages.counts(acme) == (1, 1)
    ok(pages.unfollow(pages.c, row))
    assert (pages.counts(acme), check_tallies()[0]) == ((0, 1), "ok")


def test_the_order_of_admins_is_that_of_their_assignment(pages, acme):
    ok(pages.assign(pages.a, acme, pages.b), 201)
    assert admins_of(acme["id"]) == [pages.a.user_id, pages.b.user_id]


@pytest.mark.usefixtures("within_a_minute")
def test_making_people_admins_is_throttled(pages, make_app):
    page = pages.found()
    hasty = ApiClient(make_app(RATELIMIT_ENABLED="1", MESSAGES_PER_MINUTE="1"), pages.a.actor, pages.a.token)
    ok(pages.assign(hasty, page, pages.b), 201)
    assert refused(pages.assign(hasty, page, pages.c)) == (429, "TooManyAssignments")

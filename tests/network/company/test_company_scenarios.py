"""Scenarios 14–20 of rules-network §8, as network.md amends them."""
from typing import Any

import pytest

from app.clock import now
from app.data.columns import iso
from app.data.ids import uuid7
from tests.network.company.pages import COMPANY, Pages, ok, refused


@pytest.fixture
def acme(pages: Pages) -> dict[str, Any]:
    return pages.found(name="Acme", pageVisibility="public", createdByUserId=pages.a.user_id)


def test_scenario_14_the_founder_is_the_first_admin_and_the_name_is_taken(pages, acme):
    assert (acme["pageVisibility_idx"], acme["createdByUserId"]) == (0, pages.a.user_id)
    [row] = pages.admins(pages.a, acme)
    assert (row["userId"], row["assignedBy"]) == (pages.a.user_id, pages.a.user_id)
    again = pages.b.post(f"{COMPANY}/companies", json={"name": "Acme"})
    assert refused(again) == (400, "CompanyNameTaken")


def test_scenario_15_nobody_founds_in_anothers_name(pages):
    body = {"name": "X", "pageVisibility": "public", "createdByUserId": pages.a.user_id}
    assert pages.b.post(f"{COMPANY}/companies", json=body).status_code == 403


def test_scenario_16_only_admins_change_and_delete_a_page(pages, acme):
    assert pages.change(pages.b, acme, website="https://x.example").status_code == 403
    changed = ok(pages.change(pages.a, acme, website="https://x.example"))["company"]
    assert changed["website"] == "https://x.example"
    assert {name for name in acme if changed[name] != acme[name]} == {"website", "recordVersion", "updatedAt"}
    assert pages.b.delete(f"{COMPANY}/companies/{acme['id']}").status_code == 403


def test_scenario_17_admins_are_assigned_leave_and_come_again(pages, acme):
    claimed = {"companyId": acme["id"], "userId": pages.b.user_id, "assignedBy": pages.b.user_id,
               "assignedAt": iso(now())}
    assert pages.b.post(f"{COMPANY}/assigncompanyadmin", json=claimed).status_code == 403
    row = ok(pages.assign(pages.a, acme, pages.b), 201)["companyAdmin"]
    assert refused(pages.assign(pages.a, acme, pages.b)) == (400, "CompanyAdminExists")
    ok(pages.change(pages.b, acme, location="Bern"))
    ok(pages.remove(pages.b, row))  # network.md, NET-9
    assert pages.change(pages.b, acme, location="Basel").status_code == 403
    ok(pages.assign(pages.a, acme, pages.b), 201)


def test_scenario_18_following_and_unfollowing(pages, acme):
    body = {"companyId": acme["id"], "userId": pages.c.user_id, "followedAt": "2020-01-01"}
    row = ok(pages.c.post(f"{COMPANY}/followcompany", json=body), 201)["companyFollower"]
    assert row["followState"] == "approved"
    assert not row["followedAt"].startswith("2020")
    assert refused(pages.follow(pages.c, acme)) == (400, "AlreadyFollowing")
    assert pages.unfollow(pages.d, row).status_code == 403
    assert ok(pages.unfollow(pages.c, row))["companyFollower"]["isActive"] is False
    pages.followed(pages.c, acme)


def test_scenario_19_a_private_page_is_its_admins_and_followers(pages, acme):
    pages.followed(pages.c, acme)
    ok(pages.change(pages.a, acme, pageVisibility="private"))
    assert pages.see(pages.d, acme).status_code == 403
    ok(pages.see(pages.c, acme))
    ok(pages.see(pages.a, acme))
    assert acme["id"] not in pages.lists(pages.d, "companies")
    assert acme["id"] in pages.lists(pages.c, "companies")
    assert pages.d.get(f"{COMPANY}/companies/{uuid7()}").status_code == 404


def test_scenario_20_private_updates(pages, acme):
    pages.followed(pages.c, acme)
    update = pages.published(acme, authorUserId=pages.a.user_id, visibility="private")
    assert pages.read(pages.d, update).status_code == 403
    ok(pages.read(pages.c, update))
    assert update["id"] not in pages.lists(pages.d, "companyupdates")
    assert update["id"] in pages.lists(pages.c, "companyupdates")
    assert pages.publish(pages.d, acme).status_code == 403
    changed = ok(pages.a.patch(f"{COMPANY}/companyupdates/{update['id']}", json={
        "attachmentUrls_append": "https://f.example/1"}))["companyUpdate"]
    assert (changed["attachmentUrls"], changed["visibility"]) == (["https://f.example/1"], "private")

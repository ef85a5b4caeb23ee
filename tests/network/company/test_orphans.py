"""NET-9: where the last admin's account ends, the page stays, staff are told, and they assign somebody."""
import json
from typing import Any

import pytest

from app.clock import moved_clock
from app.data.person_rows import NOBODY
from app.data.reads import fetch
from app.errors import DuplicateRecord
from app.jobs.worker import run_job
from blueprints.network.company import topics
from blueprints.network.company.counting import differences
from blueprints.network.company.models import Company, CompanyAdmin, CompanyFollower, CompanyUpdate
from blueprints.network.company.moderation import restore_company
from blueprints.network.company.orphans import check_orphans, orphaned_companies
from blueprints.platform.auth.commands import archive_profile, delete_user
from tests.cli.conftest import run  # noqa: F401 - pytest finds it here
from tests.network.company.pages import COMPANY, Pages, ok, refused
from tests.platform.moderation.people_acts import act_on, undo

# ruff: noqa: F811 - that is how pytest hands fixtures over
MODERATION = "/network/adminmoderation-api/v1"


@pytest.fixture
def acme(pages: Pages) -> dict[str, Any]:
    return pages.found(name="Acme")


def orphans() -> list[str]:
    return [row["id"] for row in orphaned_companies(10)]


def test_net_9_a_page_that_still_has_an_admin_is_no_orphan(pages, acme, settle):
    ok(pages.assign(pages.a, acme, pages.b), 201)
    delete_user(pages.s.actor, pages.a.user_id)
    settle()
    assert (orphans(), check_orphans()[0]) == ([], "ok")


@pytest.mark.parametrize("end", ["deleted", "archived", "banned"])
def test_net_9_the_page_stays_and_staff_are_told_once(pages, acme, settle, sent, callers, end):
    {"deleted": lambda: delete_user(pages.s.actor, pages.a.user_id),
     "archived": lambda: archive_profile(pages.a.actor, pages.a.user_id),
     "banned": lambda: act_on(pages.a, "BAN", realm="network")}[end]()
    settle()
    settle()
    assert orphans() == [acme["id"]]
    ok(pages.see(pages.d, acme))
    state, says = check_orphans()
    assert (state, acme["id"] in says) == ("warn", True)
    assert [event.key for event in sent(topics.COMPANY_ORPHANED)] == [acme["id"]]
    [case] = ok(callers.admin(realm="network").get(f"{MODERATION}/cases"))["moderationCases"]
    assert (case["kind"], case["entityType"], case["entityId"]) == ("OWN", "COMPANY", acme["id"])


def test_net_9_a_suspension_ends_no_account_and_who_returns_administers_again(pages, acme, settle):
    act_on(pages.a, "SUSPEND", days=7, realm="network")
    settle()
    assert orphans() == []
    ban = act_on(pages.a, "BAN", realm="network")
    settle()
    assert orphans() == [acme["id"]]
    undo(ban)
    settle()
    assert orphans() == []


def test_net_9_staff_assign_somebody_to_an_orphan_alone(pages, acme, settle, callers):
    staff = callers.admin(realm="network")
    assert pages.assign(staff, acme, pages.b).status_code == 403
    delete_user(pages.s.actor, pages.a.user_id)
    settle()
    ok(pages.assign(staff, acme, pages.b), 201)
    assert orphans() == []
    ok(pages.change(pages.b, acme, location="Bern"))
    assert pages.assign(staff, acme, pages.c).status_code == 403


def test_net_9_the_terminal_shows_orphans_and_assigns(pages, acme, settle, callers, run):
    staff = callers.admin(realm="network")
    assert "each page has an admin" in run("moderate", "orphans").output
    delete_user(pages.s.actor, pages.a.user_id)
    settle()
    [row] = json.loads(run("moderate", "orphans", "--json").output)
    assert (row["id"], row["name"]) == (acme["id"], "Acme")
    words = ("moderate", "assign-admin", acme["id"], pages.b.email, "--as", staff.email, "--yes")
    assert run(*words, "--dry-run").exit_code == 0
    assert orphans() == [acme["id"]]
    assert run(*words).exit_code == 0
    assert (orphans(), run(*words).exit_code) == ([], 1)
    ok(pages.change(pages.b, acme, location="Bern"))


def test_of_a_person_who_is_gone_for_good_no_row_of_company_speaks(pages, acme, settle):
    ok(pages.assign(pages.a, acme, pages.b), 201)
    other = pages.found(pages.b)
    pages.published(acme)
    pages.followed(pages.a, other)
    archive_profile(pages.a.actor, pages.a.user_id)
    settle()
    with moved_clock(days=31):
        run_job("purge-archived")
        settle()
        run_job("purge-archived")
        settle()
        said = [tuple(row) for row in fetch(Company.__table__.select().with_only_columns(
            Company.created_by_user_id, Company.owner).where(Company.id == acme["id"]))]
        assert said == [(NOBODY, NOBODY)]
        assert {row.assigned_by for row in fetch(CompanyAdmin.__table__.select().where(
            CompanyAdmin.company_id == acme["id"]))} == {NOBODY}
        assert list(fetch(CompanyFollower.__table__.select())) == []
        assert [row.author_user_id for row in fetch(CompanyUpdate.__table__.select())] == [NOBODY]
        assert (differences(10), orphans()) == ([], [])
    assert pages.counts(other) == (0, 0)


def test_a_hidden_page_is_seen_by_staff_and_its_admins_and_a_removed_one_by_staff(pages, acme, callers):
    staff = callers.admin(realm="network")
    ok(pages.assign(pages.a, acme, pages.b), 201)
    update, row = pages.published(acme), pages.followed(pages.c, acme)
    for kind, as_admin in (("HIDE", 200), ("REMOVE", 404)):
        ok(staff.post(f"{MODERATION}/acts", json={"kind": kind, "entityType": "COMPANY", "entityId": acme["id"],
                                                  "reason": "fake"}), 201)
        assert [pages.see(caller, acme).status_code for caller in (staff, pages.b, pages.c, pages.d)] == [
            200, as_admin, 404, 404]
        assert pages.change(pages.b, acme, location=kind).status_code == as_admin
        assert pages.read(pages.c, update).status_code == pages.follow(pages.d, acme).status_code == 404
        assert pages.lists(pages.d, "companies") == pages.lists(pages.c, "companyupdates") == []
    ok(pages.unfollow(pages.c, row))


def test_a_deleted_page_comes_back_unless_its_name_is_taken(pages, acme, callers):
    staff = callers.admin(realm="network").actor
    ok(pages.a.delete(f"{COMPANY}/companies/{acme['id']}"))
    other = pages.found(pages.b, name="ACME")
    with pytest.raises(DuplicateRecord):
        restore_company(staff, acme["id"])
    ok(pages.change(pages.b, other, name="Other"))
    assert restore_company(staff, acme["id"])
    assert not restore_company(staff, acme["id"])
    ok(pages.see(pages.d, acme))


def test_a_private_page_is_reported_by_whom_it_is_open_to(pages):
    secret = pages.found(pageVisibility="private")
    body = {"entityType": "COMPANY", "entityId": secret["id"], "reason": "SPAM"}
    assert pages.d.post(f"{MODERATION}/reports", json=body).status_code == 404
    row = pages.followed(pages.c, secret)
    assert pages.c.post(f"{MODERATION}/reports", json=body).status_code == 404
    ok(pages.approve(pages.a, row))
    ok(pages.c.post(f"{MODERATION}/reports", json=body), 201)
    assert refused(pages.a.post(f"{MODERATION}/reports", json=body)) == (400, "ReportsOneself")


def test_words_of_the_list_are_found_in_a_page_and_in_its_updates(pages, acme, settle, callers):
    staff = callers.admin(realm="network")
    ok(pages.s.post(f"{MODERATION}/words", json={"phrase": "replica", "reason": "COUNTERFEIT"}), 201)
    settle()
    pages.published(acme, content="Every replica is here", visibility="private")
    settle()
    [case] = ok(staff.get(f"{MODERATION}/cases"))["moderationCases"]
    assert (case["kind"], case["entityId"]) == ("WORDS", acme["id"])
    other = pages.found(pages.b, name="Replica Ltd")
    settle()
    assert other["id"] in [one["entityId"] for one in ok(staff.get(f"{MODERATION}/cases"))["moderationCases"]]

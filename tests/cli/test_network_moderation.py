"""`flask moderate … --realm network`: the commonest day, and what was deleted by mistake; which realm is meant."""
import json

import pytest

from blueprints.platform.auth.commands import delete_user
from blueprints.platform.moderation.reports import report
from cli import load_command
from tests.network.company.pages import COMPANY, ok
from tests.network.content.wall import Wall
from tests.network.job_application.offers import Offers
from tests.network.profile.cards import PROFILES, write
from tests.platform.moderation.chains import entries

NETWORK = ("--realm", "network")
ACTS = (*NETWORK, "--as", "ada@guildhall.test", "--reason", "by mistake")


def told(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def wall(callers):
    callers.admin(realm="network")
    return Wall(callers)


@pytest.fixture
def offers(callers):
    return Offers(callers)


@pytest.fixture
def deleted(wall, offers):
    """Kind → id of a deleted thing of each kind that the network's staff bring back."""
    post, commented = wall.posted(), wall.posted()
    comment, job, profile = wall.commented(offers.c, commented), offers.own(offers.c), write(offers.d)
    for answer in (wall.delete(offers.a, post), wall.delete_comment(offers.c, comment), offers.drop(offers.c, job),
                   offers.d.delete(f"{PROFILES}/{profile['id']}"),
                   offers.a.delete(f"{COMPANY}/companies/{offers.acme['id']}")):
        ok(answer)
    delete_user(offers.s.actor, offers.b.user_id)
    return {"POST": post["id"], "COMMENT": comment["id"], "JOB": job["id"], "PROFILE": profile["id"],
            "COMPANY": offers.acme["id"], "USER": offers.b.user_id}


def restored():
    """What the audit of the network says came back."""
    return [(one["facts"]["entityType"], one["facts"]["entityId"]) for one in entries("network")
            if one["what"] == "thing.restored"]


def assert_stays(run, kind, thing, why):
    for how in ("--dry-run", "--yes"):
        refused = run("moderate", "restore", kind, thing, *ACTS, how)
        assert (refused.exit_code, why in refused.stderr) == (1, True), refused.output


def test_m_25_what_is_held_or_taken_meanwhile_and_what_is_not_restored_stays_as_it_is(run, deleted, callers, offers):
    assert run("moderate", "hide", "POST", deleted["POST"], *ACTS, "--yes").exit_code == 0
    offers.found(offers.c, name="ACME")
    write(offers.d)
    callers.user("other", realm="network", email=offers.b.email)
    for kind, why in (("POST", "ThingHeld"), ("COMPANY", "CompanyNameTaken"), ("PROFILE", "ProfileExists"),
                      ("USER", "EmailAlreadyExists")):
        assert_stays(run, kind, deleted[kind], why)
    assert_stays(run, "PRODUCT", deleted["POST"], "nothing of type PRODUCT is moderated in network")
    assert_stays(run, "JOB", deleted["POST"], "there is no JOB")
    assert restored() == []


def test_nothing_comes_back_of_whom_staff_have_deleted_unless_it_is_a_company_s(run, deleted, offers):
    """Decision 093."""
    job = ok(offers.offer(offers.d, companyId=offers.found(offers.d)["id"]), 201)["jobPosting"]
    ok(offers.drop(offers.d, job))
    for person in (offers.a, offers.c, offers.d):
        delete_user(offers.s.actor, person.user_id)
    for kind in ("POST", "COMMENT", "JOB", "PROFILE"):
        assert_stays(run, kind, deleted[kind], "PersonGone")
    assert restored() == []
    assert run("moderate", "restore", "JOB", job["id"], *ACTS, "--yes").exit_code == 0
    assert restored() == [("JOB", job["id"])]


def test_m_25_what_was_deleted_by_mistake_comes_back_once_and_stands_in_the_audit(run, deleted, wall, offers):
    for kind, thing in deleted.items():
        words = ("moderate", "restore", kind.lower(), thing[-8:], *ACTS)
        assert "nothing was changed" in run(*words, "--dry-run").stderr
        assert told(run(*words, "--yes", "--json")) == {"entityType": kind, "entityId": thing, "restored": True}
        assert told(run(*words, "--yes", "--json")) == {"changed": False, "reason": f"{kind} {thing} is there"}
    assert restored() == list(deleted.items())
    assert wall.read(offers.d, {"id": deleted["POST"]}).status_code == 200
    assert wall.read_comment(offers.d, {"id": deleted["COMMENT"]}).status_code == 200
    assert told(run("users", "show", deleted["USER"], *NETWORK, "--json"))["state"] == "active"
    assert told(run("moderate", "record", "--json")) == []  # the marketplace's
    refused = run("moderate", "record", *NETWORK)
    assert (refused.exit_code, "network keeps no such record" in refused.stderr) == (1, True), refused.output


def test_a_post_and_a_job_are_reported_shown_hidden_and_back_after_the_undo(run, wall, offers):
    post, job = wall.posted(), offers.own(offers.c)
    for number, (kind, thing, read) in enumerate((("POST", post, wall.read), ("JOB", job, offers.shown)), 1):
        report(offers.d.actor, entity_type=kind, entity_id=thing["id"], reason="SPAM")
        assert [(row["number"], row["entityType"]) for row in told(run("moderate", "queue", *NETWORK, "--json"))] == [
            (number, kind)]
        assert told(run("moderate", "show", str(number), *NETWORK, "--json"))["entityId"] == thing["id"]
        done = told(run("moderate", "resolve", str(number), "--hide", *ACTS, "--yes", "--json"))
        assert (done["case"], done["acts"]) == (number, [f"a{number}"])
        assert read(offers.d, thing).status_code == 404
        assert told(run("moderate", "queue", *NETWORK, "--json")) == []
        assert told(run("moderate", "undo", f"a{number}", *ACTS, "--yes", "--json"))["undone"] == [f"a{number}"]
        assert read(offers.d, thing).status_code == 200
    assert told(run("moderate", "queue", "--json")) == []  # the marketplace's


@pytest.mark.once("it asks which realm is meant")
def test_the_realm_that_is_served_alone_is_meant_and_another_one_is_refused(make_app, callers):
    callers.user("ann", realm="network")
    callers.user("sara")
    alone = make_app(REALMS="network")

    def run(group, *words):
        return alone.test_cli_runner(env={"GUILDHALL_OPERATOR": None}).invoke(load_command(group), words)

    with alone.app_context():
        people = [one["fullname"] for one in told(run("users", "list", "--json"))]
        assert ("Ann" in people, "Sara" in people) == (True, False)
        assert told(run("moderate", "queue", "--json")) == []
        assert "network keeps no such record" in run("moderate", "record").stderr
        for words in (("users", "list"), ("moderate", "queue"), ("payments", "status"), ("security", "log"),
                      ("demo", "seed"), ("auth", "rotate-keys"), ("notify", "outbox")):
            refused = run(*words, "--realm", "marketplace")
            assert (refused.exit_code, "marketplace is not served here, only network" in refused.stderr) == (
                2, True), refused.output
        assert told(run("security", "log", "--realm", "equipment", "--json")) == []
        assert "the first of REALMS" in run("users", "list", "--help").output

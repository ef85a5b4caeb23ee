"""What staff change of others' rows leaves one entry of the audit, whatever the service (decision 52)."""
import orjson
import pytest

from app.actor import system_actor
from app.data.object_commands import change_object
from app.data.unit_of_work import unit_of_work
from app.errors import NotFound
from blueprints.marketplace.product_listing.models import Product
from blueprints.platform.auth.commands import lock_user
from tests.clients import PASSWORD
from tests.contract.good_calls import GOOD, Marketplace
from tests.contract.network_calls import Network
from tests.platform.moderation.chains import entries

NEW_PASSWORD = "new-correct-horse-1"
USERS = "/auth-api/v1/users"
PRODUCT = "/productlisting-api/v1/productlistingproducts/{productListingProductId}"
MEDIA = "/productlisting-api/v1/productlistingmedias/{productListingMediaId}"
FEEDBACK = "/feedback-api/v1/feedbacks/{feedbackId}"
NOTIFICATION = "/notificationmanagement-api/v1/notifications/{notificationId}"
CATEGORY = "/categorymanagement-api/v1/categories/{categoryId}"
CASE = "/adminmoderation-api/v1/cases/{caseNumber}"

COMPANY, POST = "/company-api/v1", "/content-api/v1/posts"
JOB_POSTING, PROFILE = "/jobapplication-api/v1/jobpostings/{jobPostingId}", "/profile-api/v1/profiles/{profileId}"
SUPER_ADMIN, ADMIN = "superAdmin", "admin"

BY_STAFF = (
    (SUPER_ADMIN, "PATCH", f"{USERS}/{{userId}}", {"fullname": "Vic"}, "user"),
    (SUPER_ADMIN, "PATCH", "/auth-api/v1/userrole/{userId}", {"roleId": "admin"}, "user"),
    (SUPER_ADMIN, "PATCH", "/auth-api/v1/userpasswordbyadmin/{userId}", {"password": NEW_PASSWORD}, "user"),
    (SUPER_ADMIN, "DELETE", f"{USERS}/{{userId}}", None, "user"),
)
"""Who calls, method, path and body of the call, and the object of the row that is changed."""
BY_STAFF_OF_THE_MARKETPLACE = (
    (SUPER_ADMIN, "PATCH", PRODUCT, {"title": "Clock"}, "productListingProduct"),
    (SUPER_ADMIN, "DELETE", PRODUCT, None, "productListingProduct"),
    (SUPER_ADMIN, "DELETE", MEDIA, None, "productListingMedia"),
    (SUPER_ADMIN, "PATCH", NOTIFICATION, {"isRead": True}, "notification"),
    (SUPER_ADMIN, "DELETE", NOTIFICATION, None, "notification"),
    (SUPER_ADMIN, "PATCH", CATEGORY, {"title": "Clocks"}, "category"),
    (ADMIN, "PATCH", CATEGORY, {"title": "Watches"}, "category"),
)
BY_STAFF_OF_THE_NETWORK = (
    (SUPER_ADMIN, "PATCH", f"{COMPANY}/companies/{{companyId}}", {"description": "Makes clocks."}, "company"),
    (SUPER_ADMIN, "DELETE", f"{COMPANY}/removecompanyadmin/{{companyAdminId}}", None, "companyAdmin"),
    (SUPER_ADMIN, "DELETE", f"{COMPANY}/companyfollowers/{{companyFollowerId}}", None, "companyFollower"),
    (SUPER_ADMIN, "DELETE", f"{COMPANY}/companyupdates/{{companyUpdateId}}", None, "companyUpdate"),
    (SUPER_ADMIN, "PATCH", f"{POST}/{{postOfAnn}}", {"content": "Clocks"}, "post"),
    (SUPER_ADMIN, "DELETE", f"{POST}/{{postOfAnn}}", None, "post"),
    (SUPER_ADMIN, "DELETE", "/content-api/v1/comments/{commentId}", None, "comment"),
    (SUPER_ADMIN, "PATCH", JOB_POSTING, {"salaryRange": "100 to 200"}, "jobPosting"),
    (SUPER_ADMIN, "DELETE", JOB_POSTING, None, "jobPosting"),
    (SUPER_ADMIN, "PATCH", PROFILE, {"headline": "Makes clocks"}, "profile"),
    (SUPER_ADMIN, "DELETE", PROFILE, None, "profile"),
    (SUPER_ADMIN, "DELETE", "/profile-api/v1/certifications/{certificationId}", None, "certification"),
    (ADMIN, "DELETE", "/profile-api/v1/languages/{languageId}", None, "language"),
    (SUPER_ADMIN, "DELETE", f"{COMPANY}/companies/{{companyId}}", None, "company"),
)
OF_A_CASE = (("take", {}, "case.taken"), ("notes", {"text": "secret words"}, "case.noted"),
             ("ask", {"text": "secret words"}, "case.asked"), ("release", {}, "case.released"),
             ("dismiss", {"reason": "nothing wrong"}, "case.dismissed"))
BY_OWNERS = (
    ("victim", "PATCH", "/auth-api/v1/profile/{userId}", {"fullname": "Vicky"}),
    ("seller", "PATCH", PRODUCT, {"title": "Sundial"}),
    ("seller", "DELETE", MEDIA, None),
    ("caller", "DELETE", "/watchlistcart-api/v1/cartitems/{cartItemId}", None),
    ("caller", "PATCH", FEEDBACK, {"comment": "fine"}),
)
"""The caller is a superAdmin, whose own these rows are."""
BY_OWNERS_IN_THE_NETWORK = (
    ("ann", "PATCH", f"{COMPANY}/companies/{{companyId}}", {"description": "Makes sundials."}),
    ("ann", "PATCH", JOB_POSTING, {"salaryRange": "100 to 300"}),
    ("ann", "PATCH", PROFILE, {"headline": "Makes sundials"}),
    ("caller", "PATCH", f"{POST}/{{postId}}", {"content": "Sundials"}),
    ("caller", "DELETE", f"{POST}/{{postId}}", None),
)


@pytest.fixture
def world(paying_app, callers):
    return Marketplace(paying_app, callers)


@pytest.fixture
def network(paying_app, callers):
    made = Network(paying_app, callers)
    made.ids["postOfAnn"] = made.new_post()
    return made


@pytest.fixture(params=[("world", BY_STAFF_OF_THE_MARKETPLACE, BY_OWNERS),
                        ("network", BY_STAFF_OF_THE_NETWORK, BY_OWNERS_IN_THE_NETWORK)],
                ids=["marketplace", "network"])
def realm(request, paying_app):  # named, so that it runs in the pass of each database
    """A small world, and what staff and owners change in it."""
    name, by_staff, by_owners = request.param
    return request.getfixturevalue(name), (*by_staff, *BY_STAFF), by_owners


def called(world, caller, method, path, body):
    """The entries that a call leaves."""
    before = len(entries(world.realm))
    answer = caller.request(method, f"/{world.realm}{path.format(**world.ids)}", json=body)
    assert answer.status_code in (200, 201), (path, answer.json)
    return entries(world.realm)[before:]


def test_each_change_by_staff_of_anothers_row_leaves_one_entry(realm, callers):
    world, by_staff, _ = realm
    staff = {SUPER_ADMIN: world.caller, ADMIN: callers.admin(realm=world.realm)}
    for who, method, path, body, changed in by_staff:
        left = called(world, staff[who], method, path, body)
        assert [entry["what"] for entry in left] == ["rows.changed"], (method, path, left)
        assert left[0]["by"]["userId"] == staff[who].user_id
        assert changed in {row["object"] for row in left[0]["facts"]["rows"]}, (method, path)


def test_the_same_by_the_owner_leaves_none(realm):
    world, _, by_owners = realm
    for who, method, path, body in by_owners:
        assert called(world, getattr(world, who), method, path, body) == [], (method, path)


def test_work_on_a_case_leaves_one_entry_a_step(world):
    world.new_case()
    for step, body, what in OF_A_CASE:
        [left] = called(world, world.caller, "POST", f"{CASE}/{step}", body)
        assert (left["what"], left["facts"]["number"]) == (what, int(world.ids["caseNumber"]))
    assert "secret words" not in orjson.dumps(entries()).decode()


def test_what_has_a_record_leaves_no_second_entry(world):
    body = GOOD["flagMediaAsset"](world)
    left = called(world, world.caller, "POST", "/adminmoderation-api/flag-media-asset", body)
    assert [entry["what"] for entry in left] == ["moderationAction.recorded"]


def test_an_entry_names_what_changed_and_holds_no_value(world):
    [renamed] = called(world, world.caller, "PATCH", f"{USERS}/{{userId}}", {"fullname": "Victoria Unheard"})
    [row] = renamed["facts"]["rows"]
    assert (row["realm"], row["object"], row["id"], row["verb"]) == (
        "marketplace", "user", world.victim.user_id, "updated")
    assert (row["version"], row["changed"]) == (2, ["foldedFullname", "fullname"])
    assert row["before"] != row["after"]
    [rekeyed] = called(world, world.caller, "PATCH", "/auth-api/v1/userpasswordbyadmin/{userId}",
                       {"password": NEW_PASSWORD})
    assert "password" in rekeyed["facts"]["rows"][0]["changed"]
    written = orjson.dumps([renamed, rekeyed]).decode()
    assert not [secret for secret in ("Victoria Unheard", NEW_PASSWORD, PASSWORD, "argon2") if secret in written]


def test_an_operator_is_named_and_a_machine_leaves_none(world):
    before, product_id = len(entries()), world.ids["productListingProductId"]
    lock_user(system_actor("marketplace", "root"), world.victim.user_id, None)
    change_object(system_actor("marketplace"), Product, product_id, title="By a job")
    change_object(system_actor("marketplace", "root"), Product, product_id, title="By root")
    locked, changed = entries()[before:]
    assert [entry["by"]["operator"] for entry in (locked, changed)] == ["root", "root"]
    assert locked["facts"]["rows"][0]["changed"] == ["lockedUntil"]


def test_what_was_taken_back_leaves_no_entry(world):
    before, product_id = len(entries()), world.ids["productListingProductId"]
    with unit_of_work(world.caller.actor) as work:
        with pytest.raises(NotFound), work.attempt():
            work.change(work.lock(Product, product_id), title="Taken back")
            work.flush()
            raise NotFound
        work.commit()
    assert entries()[before:] == []


def test_many_rows_of_one_transaction_are_one_entry(world):
    before, ids = len(entries()), sorted([world.ids["productListingProductId"], world.ids["bought"]])
    with unit_of_work(world.caller.actor) as work:
        work.change_all([work.lock(Product, id) for id in ids], description="Many")
        work.commit()
    [left] = entries()[before:]
    assert [(row["id"], row["changed"][0]) for row in left["facts"]["rows"]] == [(id, "description") for id in ids]

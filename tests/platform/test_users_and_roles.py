"""Users, ranks, archiving: scenarios 20–32 of rules-platform §13."""
import uuid

import pytest

from app.clock import moved_clock
from app.identity.roles import SUPER_ADMIN_ID
from app.jobs.worker import run_job
from tests.clients import PASSWORD
from tests.platform.driver import Auth, is_refusal

NEW_PASSWORD = "new-correct-horse-1"


def get_user(auth, user_id, token=None):
    return auth.call("GET", f"/v1/users/{user_id}", token=token)


def test_20_a_user_is_shown_to_itself_and_to_staff_only(auth, people):
    one, two, admin = people.user("u1"), people.user("u2"), people.admin()
    assert is_refusal(get_user(auth, one.user_id), 401)
    assert is_refusal(get_user(auth, one.user_id, two.token), 403)
    assert is_refusal(get_user(auth, "not-a-uuid", admin.token), 400)
    assert is_refusal(get_user(auth, uuid.uuid4(), admin.token), 404)
    for reader in (one, admin, people.super_admin()):
        answer = get_user(auth, one.user_id, reader.token)
        assert (answer.status_code, answer.json["user"]["id"]) == (200, one.user_id)
        assert "password" not in answer.json["user"]


def test_21_a_profile_is_changed_by_its_user_only(auth, people):
    one, two = people.user("u1"), people.user("u2")
    path = f"/v1/profile/{one.user_id}"
    before = get_user(auth, one.user_id, one.token).json["user"]
    for other in (two, people.admin()):
        assert is_refusal(auth.call("PATCH", path, token=other.token, json={"fullname": "Mallory"}), 403)
    answer = auth.call("PATCH", path, token=one.token, json={"fullname": "Una One"})
    assert (answer.status_code, answer.json["user"]["fullname"]) == (200, "Una One")
    assert answer.json["user"]["recordVersion"] == before["recordVersion"] + 1
    assert auth.current_user(one.token).json["fullname"] == "Una One"


def test_21_what_is_not_the_users_to_change_stays(auth, people):
    one = people.user("u1")
    before = get_user(auth, one.user_id, one.token).json["user"]
    auth.call("PATCH", f"/v1/profile/{one.user_id}", token=one.token, json={
        "email": "new@example.com", "roleId": "admin", "emailVerified": False, "password": NEW_PASSWORD,
        "isActive": False, "_owner": "x", "recordVersion": 99, "_archivedAt": "2020-01-01T00:00:00.000Z"})
    assert get_user(auth, one.user_id, one.token).json["user"] == before
    assert auth.login(one.email, PASSWORD).status_code == 200


def test_21_phone_and_address_change_on_the_marketplace_only(auth, people):
    one = people.user("u1")
    answer = auth.call("PATCH", f"/v1/profile/{one.user_id}", token=one.token,
                       json={"phone": "+905551234567", "address": {"city": "Izmir"}, "currentPassword": PASSWORD})
    shown = answer.json["user"]
    assert answer.status_code == 200
    if auth.realm == "marketplace":
        assert (shown["phone"], shown["address"]) == ("+905551234567", {"city": "Izmir"})
    else:
        assert not {"phone", "address"} & set(shown)


def test_21_if_match_protects_a_profile_from_a_lost_update(auth, people):
    one = people.user("u1")
    etag = get_user(auth, one.user_id, one.token).headers["ETag"]

    def rename(fullname):
        return auth.call("PATCH", f"/v1/profile/{one.user_id}", token=one.token, json={"fullname": fullname},
                         headers={"If-Match": etag})

    assert rename("A").status_code == 200
    assert is_refusal(rename("B"), 412)


def set_role(auth, user_id, role, token):
    return auth.call("PATCH", f"/v1/userrole/{user_id}", token=token, json={"roleId": role})


def test_22_only_the_super_admin_makes_and_unmakes_admins(auth, people):
    one, two, admin, other_admin = people.user("u1"), people.user("u2"), people.admin(), people.admin("bea")
    super_admin = people.super_admin()
    assert is_refusal(set_role(auth, one.user_id, "admin", two.token), 403)
    assert is_refusal(set_role(auth, one.user_id, "admin", admin.token), 400, "AHigherRoleCantBeAssigned")
    assert is_refusal(set_role(auth, other_admin.user_id, "user", admin.token), 400, "AHigherUserRoleCantBeChanged")
    assert is_refusal(set_role(auth, one.user_id, "superAdmin", super_admin.token), 400, "AHigherRoleCantBeAssigned")
    assert is_refusal(set_role(auth, SUPER_ADMIN_ID, "user", super_admin.token), 400, "AHigherUserRoleCantBeChanged")
    answer = set_role(auth, one.user_id, "admin", super_admin.token)
    assert (answer.status_code, answer.json["user"]["roleId"]) == (200, "admin")


@pytest.mark.parametrize("role", ["wizard", "saasAdmin", "tenantOwner", "", 7])
def test_22_a_role_that_does_not_exist_cannot_be_assigned(auth, people, role):
    assert is_refusal(set_role(auth, people.user().user_id, role, people.super_admin().token), 400)


def test_22_a_live_session_has_the_new_role_at_once(auth, people):
    one = people.user("u1")
    assert is_refusal(auth.call("GET", "/v1/users", token=one.token), 403)
    set_role(auth, one.user_id, "admin", people.super_admin().token)
    assert auth.call("GET", "/v1/users", token=one.token).status_code == 200
    assert auth.current_user(one.token).json["roleId"] == "admin"
    set_role(auth, one.user_id, "user", people.super_admin().token)
    assert is_refusal(auth.call("GET", "/v1/users", token=one.token), 403)


def test_23_staff_changes_users_of_lower_rank(auth, people):
    one, admin = people.user("u1"), people.admin()

    def change(user_id, token):
        return auth.call("PATCH", f"/v1/users/{user_id}", token=token, json={"fullname": "Changed"})

    assert is_refusal(change(one.user_id, one.token), 403)
    for higher in (people.admin("bea").user_id, SUPER_ADMIN_ID, admin.user_id):
        assert is_refusal(change(higher, admin.token), 400, "AHigherUserRoleCantBeChanged")
    assert change(one.user_id, admin.token).json["user"]["fullname"] == "Changed"
    assert change(admin.user_id, people.super_admin().token).status_code == 200


def change_password(auth, user_id, token, old, new=NEW_PASSWORD):
    return auth.call("PATCH", f"/v1/userpassword/{user_id}", token=token, json={"oldPassword": old, "newPassword": new})


def test_24_a_wrong_old_password_changes_nothing(auth, people):
    one = people.user("u1")
    assert is_refusal(change_password(auth, one.user_id, one.token, "wrong-horse-1"), 403, "TheOldPasswordDoesNotMatch")
    assert is_refusal(change_password(auth, one.user_id, one.token, PASSWORD, "short"), 400)
    assert is_refusal(auth.call("PATCH", f"/v1/userpassword/{one.user_id}", token=one.token, json={}), 400)
    assert auth.login(one.email, PASSWORD).status_code == 200


def test_24_nobody_changes_the_password_of_another(auth, people):
    one, two = people.user("u1"), people.user("u2")
    assert is_refusal(change_password(auth, one.user_id, two.token, PASSWORD), 403)
    assert auth.login(one.email, PASSWORD).status_code == 200


def test_24_a_new_password_ends_the_other_sessions(auth, people):
    one = people.user("u1")
    other = auth.token(one.email, PASSWORD)
    answer = change_password(auth, one.user_id, one.token, PASSWORD)
    assert answer.status_code == 200
    assert "password" not in answer.json["user"]
    assert auth.is_alive(one.token)
    assert not auth.is_alive(other)
    assert is_refusal(auth.login(one.email, PASSWORD), 401)
    assert auth.login(one.email, NEW_PASSWORD).status_code == 200


def test_24_the_super_admin_needs_its_own_old_password(auth, people):
    super_admin = people.super_admin()
    assert is_refusal(change_password(auth, SUPER_ADMIN_ID, super_admin.token, "wrong-horse-1"), 403)


def test_24_the_super_admin_needs_no_old_password_of_others_however_many(people, realm, make_app):
    auth, super_admin, one = Auth(make_app(RATELIMIT_ENABLED="1"), realm), people.super_admin(), people.user("u1")
    for number in range(11):
        answer = change_password(auth, one.user_id, super_admin.token, "not-known-1", f"new-horse-{number}")
        assert answer.status_code == 200, answer.json
    assert not auth.is_alive(one.token)


def test_24_an_old_password_can_be_guessed_at_ten_times(people, realm, make_app):
    auth, one = Auth(make_app(RATELIMIT_ENABLED="1"), realm), people.user("u1")
    for _ in range(10):
        assert is_refusal(change_password(auth, one.user_id, one.token, "wrong-horse-1"), 403)
    assert is_refusal(change_password(auth, one.user_id, one.token, PASSWORD), 429)


def test_25_staff_replaces_passwords_of_lower_ranks(auth, people):
    one, admin, other_admin = people.user("u1"), people.admin(), people.admin("bea")

    def replace(user_id, token, password=NEW_PASSWORD):
        return auth.call("PATCH", f"/v1/userpasswordbyadmin/{user_id}", token=token, json={"password": password})

    assert is_refusal(replace(one.user_id, one.token), 403)
    for higher in (other_admin.user_id, SUPER_ADMIN_ID):
        assert is_refusal(replace(higher, admin.token), 400, "AHigherUserCantBeUpdated")
    assert is_refusal(replace(one.user_id, admin.token, "short"), 400)
    assert replace(one.user_id, admin.token).status_code == 200
    assert not auth.is_alive(one.token)
    assert auth.login(one.email, NEW_PASSWORD).status_code == 200
    assert replace(other_admin.user_id, people.super_admin().token).status_code == 200


def delete_user(auth, user_id, token):
    return auth.call("DELETE", f"/v1/users/{user_id}", token=token)


def test_26_the_super_admin_cannot_be_deleted_nor_an_admin_by_an_admin(auth, people):
    admin = people.admin()
    for token in (people.super_admin().token, admin.token):
        assert is_refusal(delete_user(auth, SUPER_ADMIN_ID, token), 400, "SuperAdminCantBeDeleted")
    assert is_refusal(delete_user(auth, people.admin("bea").user_id, admin.token), 400, "AHigherUserCantBeDeleted")
    assert is_refusal(delete_user(auth, people.user().user_id, people.user("u2").token), 403)


def test_26_a_deleted_user_is_gone_everywhere_and_cannot_restore(auth, people):
    two, admin = people.user("u2"), people.admin()
    answer = delete_user(auth, two.user_id, admin.token)
    assert (answer.status_code, answer.json["user"]["isActive"]) == (200, False)
    assert not auth.is_alive(two.token)
    assert is_refusal(auth.login(two.email, PASSWORD), 401)
    assert is_refusal(get_user(auth, two.user_id, admin.token), 404)
    assert is_refusal(delete_user(auth, two.user_id, admin.token), 404)
    listed = auth.call("GET", "/v1/users?pageNumber=0", token=admin.token).json["users"]
    found = auth.call("GET", f"/v1/searchusers?keyword={two.email}", token=admin.token).json["users"]
    assert two.user_id not in {user["id"] for user in listed}
    assert found == []


def test_26_the_email_of_a_deleted_user_may_register_anew(auth, people):
    two = people.user("u2")
    delete_user(auth, two.user_id, people.admin().token)
    answer = auth.register(two.email)
    assert answer.status_code == 201
    assert answer.json["user"]["id"] != two.user_id


def archive(auth, user_id, token):
    return auth.call("DELETE", f"/v1/archiveprofile/{user_id}", token=token)


def test_27_only_oneself_is_archived_and_never_the_super_admin(auth, people):
    one = people.user("u1")
    for other in (people.user("u2"), people.admin()):
        assert is_refusal(archive(auth, one.user_id, other.token), 403)
    assert is_refusal(archive(auth, SUPER_ADMIN_ID, people.super_admin().token), 400, "SuperAdminCantBeDeleted")


def test_27_an_archived_account_keeps_its_email_and_comes_back_by_login(auth, people):
    one, admin = people.user("u1"), people.admin()
    assert archive(auth, one.user_id, one.token).json["user"]["isActive"] is False
    assert not auth.is_alive(one.token)
    assert is_refusal(get_user(auth, one.user_id, admin.token), 404)
    assert is_refusal(auth.register(one.email), 400, "YourProfileIsArchivedPleaseLoginToRestore")
    created = auth.call("POST", "/v1/users", token=admin.token, json={
        "email": one.email, "password": PASSWORD, "fullname": "Again"})
    assert is_refusal(created, 400, "ThisProfileIsArchivedPleaseLoginToRestore")
    assert is_refusal(auth.login(one.email, "wrong-horse-1"), 401)
    assert is_refusal(get_user(auth, one.user_id, admin.token), 404)
    assert auth.login(one.email, PASSWORD).json["userId"] == one.user_id
    assert get_user(auth, one.user_id, admin.token).json["user"]["isActive"] is True


def test_27_after_thirty_days_the_archived_account_is_purged_and_its_email_free(auth, people):
    one = people.user("u1")
    archive(auth, one.user_id, one.token)
    with moved_clock(days=31):
        run_job("purge-archived")
        assert is_refusal(auth.login(one.email, PASSWORD), 401)
        answer = auth.register(one.email)
        assert answer.status_code == 201
        assert answer.json["user"]["id"] != one.user_id


def test_27_before_the_purge_has_run_the_account_is_lost_all_the_same(auth, people):
    one = people.user("u1")
    archive(auth, one.user_id, one.token)
    with moved_clock(days=31):
        assert is_refusal(auth.login(one.email, PASSWORD), 401)
        answer = auth.register(one.email)
        assert answer.status_code == 201
        assert answer.json["user"]["id"] != one.user_id


def test_27_the_purge_leaves_the_young_and_the_deleted_alone(auth, people, sent):
    young, deleted, old = people.user("young"), people.user("deleted"), people.user("old")
    archive(auth, old.user_id, old.token)
    delete_user(auth, deleted.user_id, people.admin().token)
    with moved_clock(days=29):
        fresh = auth.token(young.email, PASSWORD)
        archive(auth, young.user_id, fresh)
    with moved_clock(days=31):
        run_job("purge-archived")
        assert auth.login(young.email, PASSWORD).status_code == 200
    assert [event.key for event in sent(f"{auth.codename}-auth-service-user-purged")] == [old.user_id]


def test_28_staff_creates_unverified_users_with_the_given_avatar(auth, people):
    body = {"email": "Made@Example.com", "password": PASSWORD, "fullname": "Made", "avatar": "https://a.example/a.png",
            "roleId": "admin", "emailVerified": True}
    assert is_refusal(auth.call("POST", "/v1/users", json=body), 401)
    assert is_refusal(auth.call("POST", "/v1/users", token=people.user().token, json=body), 403)
    answer = auth.call("POST", "/v1/users", token=people.admin().token, json=body)
    user = answer.json["user"]
    assert answer.status_code == 201
    assert (user["roleId"], user["emailVerified"], user["avatar"], user["email"]) == (
        "user", False, "https://a.example/a.png", "made@example.com")
    assert (answer.json["emailVerificationNeeded"], answer.json["mobileVerificationNeeded"]) == (True, False)


def test_28_anonymous_creation_is_no_oracle_for_archived_emails(auth, people):
    one = people.user("u1")
    archive(auth, one.user_id, one.token)
    answers = [auth.call("POST", "/v1/users", json={"email": email, "password": PASSWORD, "fullname": "X"})
               for email in (one.email, "free@example.com")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json["message"] == answers[1].json["message"]


def test_28_staff_may_bring_an_unused_id(auth, people):
    wanted = str(uuid.uuid4())
    body = {"email": "made@example.com", "password": PASSWORD, "fullname": "Made", "userId": wanted}
    admin = people.admin()
    refused = auth.call("POST", "/v1/users", token=admin.token, json={"userId": "x", "fullname": "Made"})
    assert is_refusal(refused, 400)
    assert set(refused.json["detail"]) == {"userId", "email", "password"}
    assert auth.call("POST", "/v1/users", token=admin.token, json=body).json["user"]["id"] == wanted
    again = auth.call("POST", "/v1/users", token=admin.token, json=body | {"email": "other@example.com"})
    assert is_refusal(again, 400)


def test_29_users_are_listed_in_pages_ordered_by_id(auth, people):
    admin = people.admin()
    for name in ("u1", "u2", "u3"):
        people.user(name)
    assert is_refusal(auth.call("GET", "/v1/users", token=people.user("u1").token), 403)
    answer = auth.call("GET", "/v1/users?pageNumber=2&pageRowCount=2", token=admin.token).json
    everyone = [user["id"] for user in auth.call("GET", "/v1/users?pageNumber=0", token=admin.token).json["users"]]
    assert everyone == sorted(everyone)
    assert len(everyone) == 5
    assert [user["id"] for user in answer["users"]] == everyone[2:4]
    assert answer["paging"] | {"next": ""} == {
        "pageNumber": 2, "pageRowCount": 2, "totalRowCount": 5, "pageCount": 3, "next": ""}
    assert (answer["dataName"], answer["action"], answer["rowCount"]) == ("users", "list", 2)
    assert all("password" not in user for user in answer["users"])


def test_29_filters_narrow_the_list_and_password_is_none(auth, people):
    admin, one = people.admin(), people.user("u1", fullname="Una One")

    def listed(**query):
        answer = auth.call("GET", "/v1/users", token=admin.token, query_string=query)
        return [user["id"] for user in answer.json["users"]]

    assert listed(roleId="admin") == [admin.user_id]
    assert listed(email=one.email.upper()) == [one.user_id]
    assert listed(fullname="Una One") == [one.user_id]
    assert len(listed(emailVerified="true")) == len(listed(password="x")) == 3
    assert is_refusal(auth.call("GET", "/v1/users?emailVerified=perhaps", token=admin.token), 400)


def test_29_phone_and_address_filter_the_marketplace(auth, people):
    admin, one = people.admin(), people.user("u1")
    auth.call("PATCH", f"/v1/profile/{one.user_id}", token=one.token,
              json={"phone": "+905551234567", "address": {"city": "Izmir"}, "currentPassword": PASSWORD})
    everyone = [user.user_id for user in (people.super_admin(), admin, one)]
    expected = [one.user_id] if auth.realm == "marketplace" else everyone
    for query in ({"phone": "+905551234567"}, {"address": "Izmir"}, {"adress": "izmir"}, {"address": "İZMİR"}):
        found = auth.call("GET", "/v1/users", token=admin.token, query_string=query).json["users"]
        assert {user["id"] for user in found} == set(expected)


@pytest.mark.parametrize(("fullname", "keyword"), [
    ("Лев Толстой", "лев"), ("Ærø Løve", "aero love"), ("Straße", "STRASSE"), ("Łukasz", "lukasz"),
    ("O\u02bcNeil", "o'n")])
def test_people_are_found_by_their_names_in_any_case_and_without_accents(auth, people, fullname, keyword):
    admin, one = people.admin(), people.user("u1", fullname=fullname)
    people.user("u2", fullname="Somebody Else")
    found = auth.call("GET", "/v1/searchusers", token=admin.token, query_string={"keyword": keyword}).json["users"]
    assert [user["id"] for user in found] == [one.user_id]


@pytest.mark.parametrize("signs", ["%", "---", '"', "_", "@", ".", "\\", "%_%"])
def test_nothing_but_signs_finds_nobody(auth, people, signs):
    admin = people.admin()
    people.user("u1", fullname='100% "quoted" --- a_b', email="a_b@example.com")
    found = auth.call("GET", "/v1/searchusers", token=admin.token, query_string={"keyword": signs})
    assert found.json["users"] == []
    if auth.realm == "marketplace":
        assert auth.call("GET", "/v1/users", token=admin.token, query_string={"address": signs}).json["users"] == []


def test_30_search_finds_parts_of_name_and_email_literally(auth, people):
    admin, one = people.admin(), people.user("u1", fullname="Una Percent 100%", email="una_x@example.com")
    people.user("u2", fullname="Other", email="unaox@example.com")

    def found(keyword):
        answer = auth.call("GET", "/v1/searchusers", token=admin.token, query_string={"keyword": keyword})
        assert answer.status_code == 200, answer.json
        return [user["id"] for user in answer.json["users"]]

    assert found("percent") == found("una_x") == found("100%") == [one.user_id]
    assert found("*") == found("email:*") == found("' OR 1=1 --") == found("una%x") == []
    assert is_refusal(auth.call("GET", "/v1/searchusers", token=admin.token), 400)
    assert is_refusal(auth.call("GET", "/v1/searchusers?keyword=", token=admin.token), 400)
    assert is_refusal(auth.call("GET", "/v1/searchusers?keyword=una", token=one.token), 403)


def test_31_anyone_sees_the_brief_user_and_nothing_more(auth, people):
    one = people.user("u1")
    answer = auth.call("GET", f"/v1/briefuser/{one.user_id}")
    assert answer.status_code == 200
    assert set(answer.json["user"]) == {"id", "fullname", "avatar", "isActive"}
    delete_user(auth, one.user_id, people.admin().token)
    assert is_refusal(auth.call("GET", f"/v1/briefuser/{one.user_id}"), 404)
    assert is_refusal(auth.call("GET", "/v1/briefuser/not-a-uuid"), 400)


@pytest.mark.parametrize("service", ["auth-api", "bucket"])
def test_32_permissions_follow_the_role(auth, people, service):
    def ask(path, token=None):
        return auth.call("GET", path, token=token, service=service)

    for path in ("/permissions", "/permissions/adminPanel.access"):
        answer = ask(path)
        assert (answer.status_code, answer.json) == (401, {"status": "ERR", "message": "No login found"})
    assert ask("/permissions", people.user().token).json == []
    for staff in (people.admin(), people.super_admin()):
        assert ask("/permissions/adminPanel.access", staff.token).json == {"canDo": True, "exceptions": []}
        assert ask(f"/permissions/{auth.codename}.auth.manage", staff.token).json["canDo"] is True
    assert ask("/permissions/adminPanel.access", people.user().token).json == {"canDo": False, "exceptions": []}
    assert ask("/permissions/anything", people.admin().token).json["canDo"] is False


@pytest.mark.parametrize(("path", "body"), [
    ("userpassword", {"oldPassword": "text", "newPassword": "text"}), ("userpasswordbyadmin", {"password": "text"}),
    ("userrole", {"roleId": "wizard"})])
def test_an_unknown_user_is_not_found_before_a_rule_is_looked_at(auth, people, path, body):
    answer = auth.call("PATCH", f"/v1/{path}/{uuid.uuid4()}", token=people.super_admin().token, json=body)
    assert is_refusal(answer, 404)

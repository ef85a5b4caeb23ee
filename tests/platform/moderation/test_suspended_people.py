"""Who is suspended or banned: his sessions, his login, his address, and what several acts at once come to."""
import pytest

from app.actor import system_actor
from app.clock import moved_clock, now
from app.data.columns import iso
from app.data.person_rows import PersonTables, forget_person
from app.data.reads import fetch_one
from app.errors import ApiError
from app.identity import appeal_tokens
from app.identity.security_events import security_log
from app.runtime import runtime
from blueprints.platform.auth.commands import delete_user, lock_user
from blueprints.platform.auth.models import account_model
from blueprints.platform.moderation import acts, cases, persons
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.effect_models import BannedAddress
from blueprints.platform.moderation.rules import LETTER_STAYS, SESSIONS_STAY
from tests.clients import PASSWORD
from tests.platform.driver import is_refusal
from tests.platform.moderation.people_acts import act_on, undo

ENDS = ("suspended_until", "suspended_by", "no_selling_until", "no_buying_until")


@pytest.fixture
def ben(people):
    return people.user("ben")


def ends(realm, person):
    model = account_model(realm)
    row = fetch_one(model.__table__.select().where(model.id == person.user_id))
    return tuple(getattr(row, name) for name in ENDS)


def login(auth, person):
    return auth.login(person.email, PASSWORD)


def test_m_2_a_suspension_without_an_end_is_refused(auth, ben, realm):
    with pytest.raises(ApiError, match="days"):
        act_on(ben, "SUSPEND", realm=realm)
    assert ends(realm, ben) == (None,) * 4


def test_m_2_two_suspensions_last_until_the_latest_end_and_an_undo_lifts_its_own(auth, ben, realm):
    long, short = act_on(ben, "SUSPEND", days=30, realm=realm), act_on(ben, "SUSPEND", days=7, realm=realm)
    assert ends(realm, ben) == (long.until, long.id, None, None)
    undo(long)
    assert ends(realm, ben) == (short.until, short.id, None, None)
    undo(short)
    assert ends(realm, ben) == (None,) * 4
    assert login(auth, ben).status_code == 200


def test_m_2_a_suspension_of_one_side_adds_up_with_that_side_alone(auth, ben, realm):
    selling = act_on(ben, "SUSPEND", days=7, scope="SELLING", realm=realm)
    buying = act_on(ben, "SUSPEND", days=9, scope="BUYING", realm=realm)
    assert ends(realm, ben) == (None, None, selling.until, buying.until)
    assert auth.is_alive(ben.token)
    undo(selling)
    assert ends(realm, ben) == (None, None, None, buying.until)


def test_m_2_a_suspension_ends_by_the_clock(auth, ben, realm, settle):
    act_on(ben, "SUSPEND", days=7, realm=realm)
    with moved_clock(days=8):
        assert login(auth, ben).status_code == 200
        settle()
        assert ends(realm, ben) == (None,) * 4


def test_m_3_nobody_suspends_whom_nobody_outranks(people, realm):
    with pytest.raises(ApiError, match="AHigherUserCantBeSuspended"):
        act_on(people.super_admin(), "BAN", realm=realm)


def test_m_11_sessions_end_at_once_with_one_security_event(auth, ben, realm):
    act = act_on(ben, "SUSPEND", days=7, realm=realm)
    assert not auth.is_alive(ben.token)
    [event] = security_log(realm, user_id=ben.user_id, kind="suspension", limit=9)
    assert event.detail == {"suspended_until": iso(act.until)}


def test_m_11_a_suspended_login_is_refused_with_until_reason_and_a_token_to_appeal(auth, ben, realm):
    act = act_on(ben, "SUSPEND", days=7, realm=realm)
    answer = login(auth, ben)
    assert is_refusal(answer, 403, "AccountSuspended")
    detail = answer.json["detail"]
    assert (detail["until"], detail["reason"]) == (iso(act.until), "two fakes")
    grant = appeal_tokens.read(runtime().settings.secret_key, realm, detail["appealToken"])
    assert (grant.act_id, grant.person_id) == (act.id, ben.user_id)


def test_m_11_the_refusal_of_a_ban_has_no_end_and_after_the_time_to_appeal_no_token(auth, ben, realm):
    act_on(ben, "BAN", realm=realm)
    with moved_clock(days=21):
        assert login(auth, ben).json["detail"] == {"until": None, "reason": "two fakes", "appealToken": None}


def test_m_11_a_token_to_appeal_opens_nothing_in_another_realm_or_later(app, realm):
    secret = runtime().settings.secret_key
    token = appeal_tokens.issue(secret, realm, "a", "p", now().replace(year=now().year + 1))
    with pytest.raises(appeal_tokens.AppealTokenRefused):
        appeal_tokens.read(secret, "elsewhere", token)
    with moved_clock(days=400), pytest.raises(appeal_tokens.AppealTokenRefused):
        appeal_tokens.read(secret, realm, token)
    with pytest.raises(appeal_tokens.AppealTokenRefused):
        appeal_tokens.read(secret, realm, token + "x")


def test_m_11_refusals_come_in_order_credentials_suspended_locked_verification(auth, people, realm):
    auth.register("new@example.com", PASSWORD)
    model = account_model(realm)
    row = fetch_one(model.__table__.select().where(model.email == "new@example.com"))

    class New:
        user_id, email = row.id, row.email

    assert is_refusal(login(auth, New), 403, "EmailVerificationNeeded")
    lock_user(people.admin().actor, New.user_id, now().replace(year=now().year + 1))
    assert is_refusal(login(auth, New), 403, "AccountLocked")
    act_on(New, "SUSPEND", days=7, realm=realm)
    assert is_refusal(login(auth, New), 403, "AccountSuspended")
    assert is_refusal(auth.login(New.email, "wrong-password-1"), 401, "InvalidCredentials")


def test_m_11_a_suspended_person_proves_nothing_by_codes(auth, ben, realm):
    act_on(ben, "SUSPEND", days=7, realm=realm)
    assert is_refusal(auth.start("password-reset-by-email", email=ben.email), 401, "NotAuthenticated")


def test_m_12_the_address_of_a_banned_person_is_refused_also_when_the_account_is_gone(auth, people, ben, realm):
    taken = auth.register(ben.email, PASSWORD)
    act = act_on(ben, "BAN", realm=realm)
    delete_user(people.super_admin().actor, ben.user_id)
    refused = auth.register(ben.email, PASSWORD)
    assert [refused.status_code, refused.json["errCode"], refused.json["message"]] == [
        taken.status_code, taken.json["errCode"], taken.json["message"]]
    forget_person(system_actor(realm), runtime().part(PersonTables), ben.user_id, None)
    assert persons.is_banned_address(realm, ben.email)
    undo(act)
    assert not persons.is_banned_address(realm, ben.email)
    assert auth.register(ben.email, PASSWORD).status_code == 201


def test_m_12_the_address_of_a_banned_person_is_kept_as_a_hash(auth, ben, realm):
    act_on(ben, "BAN", realm=realm)
    row = fetch_one(BannedAddress.__table__.select())
    assert ben.email not in str(tuple(row))
    assert persons.is_banned_address(realm, ben.email)


def test_m_18_unban_lifts_bans_and_suspensions(auth, ben, realm):
    with pytest.raises(ApiError, match="neither suspended nor banned"):
        act_on(ben, "UNBAN", realm=realm)
    act_on(ben, "BAN", realm=realm)
    act_on(ben, "SUSPEND", days=7, realm=realm)
    act_on(ben, "SUSPEND", days=9, scope="SELLING", realm=realm)
    act_on(ben, "UNBAN", realm=realm)
    assert ends(realm, ben) == (None,) * 4
    assert login(auth, ben).status_code == 200
    assert not persons.is_banned_address(realm, ben.email)


def test_m_18_an_unban_that_is_undone_lets_count_what_it_lifted(auth, ben, realm):
    ban, long = act_on(ben, "BAN", realm=realm), act_on(ben, "SUSPEND", days=7, realm=realm)
    before = ends(realm, ben)
    unban = act_on(ben, "UNBAN", realm=realm)
    undo(unban)
    assert ends(realm, ben) == before
    assert persons.is_banned_address(realm, ben.email)
    undo(ban)
    assert ends(realm, ben) == (long.until, long.id, None, None)


def test_m_18_what_is_done_after_an_unban_counts(auth, ben, realm):
    act_on(ben, "BAN", realm=realm)
    act_on(ben, "UNBAN", realm=realm)
    again = act_on(ben, "SUSPEND", days=3, realm=realm)
    assert ends(realm, ben) == (again.until, again.id, None, None)


def test_m_2_staff_suspend_by_an_act_and_undo_it(auth, people, ben, realm):
    ada = people.admin().actor
    done = cases.act(ada, ActOrder("SUSPEND", "USER", ben.user_id, days=7), reason="two fakes")
    assert is_refusal(login(auth, ben), 403, "AccountSuspended")
    assert acts.undo(ada, done.acts[0].number, reason="a mistake").lost == [LETTER_STAYS, SESSIONS_STAY]
    assert ends(realm, ben) == (None,) * 4
    assert login(auth, ben).status_code == 200


def test_m_18_staff_ban_and_unban_by_acts(auth, people, ben, realm):
    ada = people.admin().actor
    cases.act(ada, ActOrder("BAN", "USER", ben.user_id), reason="sells fakes only")
    assert login(auth, ben).json["detail"]["reason"] == "sells fakes only"
    cases.act(ada, ActOrder("UNBAN", "USER", ben.user_id), reason="they were real")
    assert login(auth, ben).status_code == 200


def test_m_18_the_same_again_after_it_was_lifted_is_done_again(auth, people, ben):
    ada = people.admin().actor
    for kind, status in (("BAN", 403), ("UNBAN", 200)) * 2:
        cases.act(ada, ActOrder(kind, "USER", ben.user_id), reason="r")
        assert login(auth, ben).status_code == status


def test_m_3_an_admin_suspends_no_admin(people, realm):
    with pytest.raises(ApiError, match="AHigherUserCantBeSuspended"):
        cases.act(people.admin().actor, ActOrder("SUSPEND", "USER", people.admin("bea").user_id, days=7), reason="x")

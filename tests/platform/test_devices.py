"""The devices that a person's push messages go to, the same in both realms (rules-platform §6.1, §13 no. 41)."""
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from app.data.ids import uuid7
from app.notify.device_tokens import MOST_DEVICES, devices_of
from tests.passes import rounds

pytestmark = pytest.mark.parametrize("realm", ["marketplace", "network"])
KEYS = {"p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg"}


@pytest.fixture
def ben(callers, realm):
    return callers.user("ben", realm=realm)


@pytest.fixture
def cleo(callers, realm):
    return callers.user("cleo", realm=realm)


def registered(user, realm, token="token", platform="android", **more):
    answer = user.post(f"/{realm}/notification-service/devices/register", json={
        "device": {"notificationToken": token, "platform": platform, **more}})
    assert answer.status_code == 201, answer.json
    assert answer.json["status"] == "OK"
    return answer.json["device"]["deviceId"]


def unregister(user, realm, device_id):
    return user.delete(f"/{realm}/notification-service/devices/unregister/{device_id}").status_code


def tokens(realm, user):
    return {device.token for device in devices_of(realm, [user.user_id])}


def test_41_a_visitor_registers_no_device(client, realm):
    assert client.post(f"/{realm}/notification-service/devices/register", json={}).status_code == 401
    assert unregister(client, realm, uuid7()) == 401


@pytest.mark.parametrize("device", [
    None, [], "x", {}, {"platform": "ios"}, {"notificationToken": "t"}, {"notificationToken": "t", "platform": "car"},
    {"notificationToken": 7, "platform": "ios"}, {"notificationToken": "", "platform": "ios"},
    {"notificationToken": "a b", "platform": "ios"}, {"notificationToken": "é", "platform": "ios"},
    {"notificationToken": "x" * 4097, "platform": "ios"},
    {"notificationToken": "t", "platform": "ios", "deviceId": "7"},
    {"notificationToken": "t", "platform": "ios", "deviceName": "a\nb"}, {"notificationToken": "t", "platform": "web"}])
def test_41_a_wrong_device_is_refused_by_its_name(realm, ben, device):
    answer = ben.post(f"/{realm}/notification-service/devices/register", json={"device": device})
    assert (answer.status_code, answer.json["errCode"]) == (400, "ValidationError")
    assert "device" in answer.json["message"]
    assert tokens(realm, ben) == set()


@pytest.mark.parametrize("subscription", [
    [], {}, {"endpoint": "https://push.example/1"}, {"endpoint": "http://push.example/1", "keys": KEYS},
    {"endpoint": "https://push.example/1", "keys": {"p256dh": "AAAA", "auth": "AAAA"}},
    {"endpoint": "https://push.example/" + "x" * 2100, "keys": KEYS}, {"endpoint": 7, "keys": KEYS},
    {"endpoint": "https://push.example/1", "keys": {"p256dh": 7, "auth": None}}])
def test_a_browser_registers_a_whole_subscription(realm, ben, subscription):
    answer = ben.post(f"/{realm}/notification-service/devices/register", json={
        "device": {"notificationToken": orjson.dumps(subscription).decode(), "platform": "web"}})
    assert (answer.status_code, "device" in answer.json["message"]) == (400, True)


def test_41_a_device_is_registered_and_unregistered(realm, ben):
    first, second = registered(ben, realm, "one", deviceName="Phone"), registered(ben, realm, "two", "ios")
    assert tokens(realm, ben) == {"one", "two"}
    assert [unregister(ben, realm, first) for _ in range(2)] == [200, 404]
    assert tokens(realm, ben) == {"two"}
    assert unregister(ben, realm, "no-id") == 400
    assert unregister(ben, realm, second) == 200


def test_41_nobody_unregisters_what_is_another_s(realm, ben, cleo):
    of_ben = registered(ben, realm)
    assert unregister(cleo, realm, of_ben) == 404
    assert tokens(realm, ben) == {"token"}


def test_a_token_moves_to_whoever_registers_it_last(realm, ben, cleo):
    of_ben, of_cleo = registered(ben, realm), registered(cleo, realm)
    assert (tokens(realm, ben), tokens(realm, cleo)) == (set(), {"token"})
    assert of_ben != of_cleo
    assert unregister(ben, realm, of_ben) == 404


def test_a_device_registered_again_keeps_its_id_and_has_its_last_token_alone(realm, ben):
    first = registered(ben, realm, "old")
    assert registered(ben, realm, "old") == first
    assert registered(ben, realm, "new", deviceId=first.upper()) == first
    assert tokens(realm, ben) == {"new"}


def test_two_persons_may_call_their_devices_the_same(realm, ben, cleo):
    called = uuid7()
    for user, token in ((ben, "his"), (cleo, "hers")):
        assert registered(user, realm, token, deviceId=called) == called
    assert (tokens(realm, ben), tokens(realm, cleo)) == ({"his"}, {"hers"})


def test_a_subscription_is_kept_without_what_nobody_needs(realm, ben):
    said = {"endpoint": "https://push.example/1", "expirationTime": None, "keys": KEYS | {"auth": KEYS["auth"] + "=="}}
    one = registered(ben, realm, orjson.dumps(said).decode(), "web")
    assert tokens(realm, ben) == {orjson.dumps({"endpoint": "https://push.example/1", "keys": KEYS}).decode()}
    assert registered(ben, realm, orjson.dumps(said | {"keys": KEYS}).decode(), "web") == one


def test_of_too_many_devices_those_that_registered_first_go(realm, ben):
    for number in range(MOST_DEVICES + 2):
        registered(ben, realm, f"token {number}".replace(" ", "-"))
    assert tokens(realm, ben) == {f"token-{number}" for number in range(2, MOST_DEVICES + 2)}


def test_a_key_answers_a_retry_with_the_first_answer(realm, ben):
    body = {"device": {"notificationToken": "token", "platform": "ios"}}
    path, key = f"/{realm}/notification-service/devices/register", {"Idempotency-Key": "once"}
    first, second = (ben.post(path, json=body, headers=key) for _ in range(2))
    assert (first.json, second.headers["Idempotency-Replayed"]) == (second.json, "true")


def test_devices_of_one_realm_are_not_in_the_other(realm, callers, ben):
    other = "network" if realm == "marketplace" else "marketplace"
    namesake = callers.user("ben", realm=other, id=ben.user_id)
    registered(ben, realm)
    registered(namesake, other)
    assert tokens(realm, ben) == tokens(other, namesake) == {"token"}


def test_who_registers_the_same_token_at_the_same_time_shares_it_with_nobody(realm, app, callers):
    users = [callers.user(name, realm=realm) for name in ("ben", "cleo", "eve")]

    def act(number):
        with app.app_context():
            registered(users[number % 3], realm, f"token-{number // 3 % 2}", deviceId=CALLED)

    for _ in range(rounds(3)):
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(act, range(12)))
        held = [device.token for device in devices_of(realm, [user.user_id for user in users])]
        assert sorted(set(held)) == sorted(held)
        assert held


CALLED = uuid7()

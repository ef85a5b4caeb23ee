"""A Redis that accepts connections and never answers is waited for once (docs/decisions/069)."""
import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from redis import ConnectionError as RedisConnectionError
from redis import Redis, RedisError, ResponseError

from app.data.redis_versions import RedisVersions
from app.jobs.wakeup import wake
from app.redis_breaker import RedisBreaker
from app.runtime import runtime, runtime_of
from tests.clients import PASSWORD, ApiClient
from tests.components import running_valkey, wait_until
from tests.hanging_redis import HangingRedis, hanging_redis

LOGIN = "/marketplace/auth-api/login"
RESET = "/marketplace/auth-api/verification-services/password-reset-by-email/start"
CATEGORIES = "/marketplace/categorymanagement-api/v1/categories"
NOBODY = {"username": "x@example.com", "password": "wrong-horse-1"}
SHORT = 0.2  # what a hang is waited for
PATIENT = {"socket_timeout": 60, "socket_connect_timeout": 60}  # of clients that are answered, on a slow machine too


@pytest.fixture(scope="module")
def valkey() -> Iterator[str]:
    with running_valkey() as url:
        yield url


@pytest.fixture
def server(valkey: str) -> Iterator[HangingRedis]:
    with Redis.from_url(valkey) as direct:
        direct.flushall()
    with hanging_redis(valkey) as redis:
        yield redis


@pytest.fixture
def breaker(server: HangingRedis) -> RedisBreaker:
    return RedisBreaker(server.url, SHORT)


def trip(breaker: RedisBreaker, server: HangingRedis) -> Redis:
    """Return a client that has just met a server that hangs; it is not asked again before the test says so."""
    client = breaker.client()
    server.hang()
    with pytest.raises(RedisError):
        client.get("key")
    breaker._asks_at = float("inf")
    return client


def calls(client: Redis) -> list[Callable[[], object]]:
    """Return one call of each way to the server."""
    pipeline = client.pipeline()
    pipeline.incr("counted")
    return [lambda: client.get("key"), pipeline.execute, client.register_script("return 1"), client.ping,
            lambda: client.pubsub().subscribe("channel")]


def test_the_second_call_does_not_reach_a_server_that_hangs(breaker: RedisBreaker, server: HangingRedis) -> None:
    client = trip(breaker, server)
    reached = server.connections
    for call in calls(client):
        with pytest.raises(RedisConnectionError, match="fail at once"):
            call()
    assert server.connections == reached == 1
    assert breaker.is_open


def test_all_clients_of_a_process_share_its_breaker(breaker: RedisBreaker, server: HangingRedis) -> None:
    other = breaker.client(**PATIENT)
    other.set("key", "value")
    trip(breaker, server)
    with pytest.raises(RedisConnectionError, match="fail at once"):
        other.get("key")


def test_a_server_that_is_not_there_opens_the_breaker_too() -> None:
    breaker = RedisBreaker("unix:///nowhere/valkey.sock", SHORT)
    with pytest.raises(RedisConnectionError, match="No such file"):
        breaker.client().get("key")
    assert breaker.is_open


def test_a_refusal_is_an_answer(breaker: RedisBreaker) -> None:
    client = breaker.client(**PATIENT)
    client.set("text", "no number")
    with pytest.raises(ResponseError):
        client.incr("text")
    assert not breaker.is_open
    assert client.get("text") == b"no number"


def test_half_open_one_probe_asks_and_everybody_else_still_fails_at_once(
        breaker: RedisBreaker, server: HangingRedis) -> None:
    client = trip(breaker, server)
    reached = server.connections
    breaker._timeout = 60  # the probe stays under way until the server goes on
    breaker._asks_at = 0.0
    for _ in range(20):
        with pytest.raises(RedisConnectionError, match="fail at once"):
            client.get("key")
    wait_until(lambda: server.connections == reached + 1, "the probe arrives")
    assert sum(thread.name == "redis-probe" for thread in threading.enumerate()) == 1
    server.go_on()
    wait_until(lambda: not breaker.is_open, "the breaker closes")
    assert server.connections == reached + 1
    assert breaker.client(**PATIENT).get("key") is None


def test_a_probe_without_an_answer_keeps_it_open_for_another_pause(breaker: RedisBreaker, server: HangingRedis) -> None:
    client = trip(breaker, server)
    breaker._asks_at, breaker._pause = 0.0, 3600.0
    for _ in range(2):
        with pytest.raises(RedisConnectionError, match="fail at once"):
            client.get("key")
    assert breaker._probe is not None
    breaker._probe.join()
    assert breaker.is_open
    server.go_on()
    with pytest.raises(RedisConnectionError, match="fail at once"):
        client.get("key")


def test_what_was_missed_is_made_up_for_without_another_call(
        app: Flask, breaker: RedisBreaker, server: HangingRedis, valkey: str) -> None:
    mine, other = RedisVersions(breaker), RedisVersions(RedisBreaker(valkey, 60))
    breaker._timeout = 60  # of the probe, which waits until the server goes on
    other.invalidate_all()
    before = other.read("rows:product")
    server.hang()
    mine.invalidate("rows:product")
    assert other.read("rows:product") == before
    mine.invalidate("rows:product")  # and asks again whether it is back
    server.go_on()
    wait_until(lambda: other.read("rows:product") != before, "the other machine hears of it", every=0.1)


@pytest.fixture
def house(make_app: Callable[..., Flask], server: HangingRedis) -> Flask:
    """Return an application whose Redis hangs, which a request has found out."""
    app = make_app(REDIS_URL=server.url, REDIS_TIMEOUT_SECONDS=str(SHORT), RATELIMIT_ENABLED="1")
    server.hang()
    assert ApiClient(app).post(LOGIN, json=NOBODY).status_code == 401
    runtime_of(app).redis_breaker._asks_at = float("inf")
    return app


def test_the_second_request_does_not_reach_a_server_that_hangs(
        house: Flask, server: HangingRedis, as_user: Callable[..., ApiClient]) -> None:
    visitor, buyer = ApiClient(house), ApiClient(house, token=as_user("ben").token)
    reached = server.connections
    for _ in range(5):
        assert visitor.post(LOGIN, json=NOBODY).status_code == 401
        assert buyer.get(CATEGORIES).status_code == 200
    assert server.connections == reached


def test_without_an_answer_each_use_does_as_without_redis(
        house: Flask, server: HangingRedis, as_user: Callable[..., ApiClient]) -> None:
    visitor, buyer = ApiClient(house), as_user("ben")
    reached = server.connections
    code = visitor.post(RESET, json={"email": buyer.email})
    assert (code.status_code, code.json["errCode"]) == (503, "ServiceUnavailable")
    assert visitor.get("/marketplace/auth-api/admin/health").json["redis"] is False
    assert ApiClient(house).post(LOGIN, json={"username": buyer.email, "password": PASSWORD}).status_code == 200
    with house.app_context():
        assert not wake("due-work")
    assert server.connections == reached


def test_a_worker_waits_for_its_job_however_short_calls_may_be(make_app: Callable[..., Flask], valkey: str) -> None:
    app = make_app(REDIS_URL=valkey, REDIS_TIMEOUT_SECONDS="0.05")
    with app.app_context():
        assert runtime().patient_redis.blpop("no such list", timeout=1) is None
        with pytest.raises(RedisError):
            runtime().redis.blpop("no such list", timeout=1)

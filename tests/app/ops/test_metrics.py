"""Prometheus figures: for this machine only, and true."""
import logging
from pathlib import Path

import pytest
from redis import ConnectionError as RedisConnectionError
from redis import Redis
from sqlalchemy.exc import OperationalError

from app.http.read_events import ReadEventBuffer
from app.ops import figures
from app.ops import request_log as request_log
from app.ops.heartbeats import say_alive, this_process
from app.ops.metrics import count_dropped_read_events
from app.ops.metrics_folder import metrics_folder
from app.runtime import runtime
from app.settings import Settings
from tests.clients import ApiClient, Callers

LIST = "/marketplace/categorymanagement-api/v1/categories"


@pytest.mark.parametrize("headers", [{"X-Forwarded-For": "203.0.113.9"}, {"Forwarded": "for=203.0.113.9"},
                                     {"X-Real-Ip": "203.0.113.9"}, {"Via": "1.1 proxy"},
                                     {"X-Forwarded-Proto": "https"}])
def test_through_a_proxy_there_are_no_metrics(client: ApiClient, headers: dict[str, str]) -> None:
    assert client.get("/metrics", headers=headers).status_code == 404


def test_from_another_machine_there_are_no_metrics(client: ApiClient) -> None:
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404


def test_requests_are_counted_by_route_not_by_path(client: ApiClient, callers: Callers) -> None:
    category = "01a201eb-06cd-76f6-8791-f357efe1c478"
    callers.user().get(f"{LIST}/{category}")
    text = client.get("/metrics").get_data(as_text=True)
    assert category not in text
    assert f'route="{LIST}/<categoryId>",status="404"' in text
    assert "guildhall_unpublished" in text


def test_while_the_database_is_away_requests_are_still_counted(
        client: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    client.get(LIST)
    monkeypatch.setattr(figures, "queues", away)
    text = client.get("/metrics").get_data(as_text=True)
    assert "guildhall_database_up 0.0" in text
    assert "guildhall_redis_up 1.0" in text
    assert "guildhall_requests_total" in text
    assert "guildhall_unpublished" not in text


def test_while_redis_is_away_processes_are_unknown_and_not_gone(
        client: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise RedisConnectionError("refused")

    monkeypatch.setattr(figures, "alive_processes", away)
    text = client.get("/metrics").get_data(as_text=True)
    assert "guildhall_redis_up 0.0" in text
    assert "guildhall_processes" not in text
    assert "guildhall_database_up 1.0" in text


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied", "/backups"),
                                   FileNotFoundError(2, "No such file or directory", "/backups/guildhall-1.tar")])
def test_a_folder_of_backups_that_cannot_be_read_leaves_out_its_own_figure(
        client: ApiClient, monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    def unreadable(*_: object) -> None:
        raise error

    monkeypatch.setattr(figures, "newest_backup", unreadable)
    answer = client.get("/metrics")
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    assert "guildhall_disk_free_bytes" in text
    assert "guildhall_database_up 1.0" in text
    assert "guildhall_last_backup" not in text


def test_each_kind_of_process_has_its_figure(client: ApiClient) -> None:
    say_alive(runtime().redis, this_process("worker"))
    text = client.get("/metrics").get_data(as_text=True)
    assert 'guildhall_processes{process="worker"} 1.0' in text
    assert 'guildhall_processes{process="relay"} 0.0' in text


def test_a_lost_event_of_a_read_is_counted(client: ApiClient) -> None:
    buffer = ReadEventBuffer(Redis.from_url("unix:///nowhere/valkey.sock"), count_dropped_read_events)
    buffer.put("a-topic", {"rowCount": 1})
    assert buffer.send() == 1
    assert 'guildhall_read_events_dropped_total{reason="stream down"}' in client.get("/metrics").get_data(as_text=True)


def test_a_method_somebody_made_up_makes_no_series(client: ApiClient) -> None:
    for method in ("BREW", "WHENCE"):
        assert client.request(method, LIST).status_code == 405
    text = client.get("/metrics").get_data(as_text=True)
    assert "BREW" not in text
    assert "WHENCE" not in text
    assert 'method="(other)",route="(none)",status="405"' in text


def test_each_request_is_logged_with_its_id_and_without_its_query(
        client: ApiClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger=request_log.log.name):
        answer = client.get(f"{LIST}?access_token=abc.def.ghi", headers={"X-Request-Id": "trace-7"})
    (record,) = [record for record in caplog.records if record.name == request_log.log.name]
    assert record.fields["path"] == LIST
    assert record.fields["status"] == answer.status_code == 401
    assert answer.headers["X-Request-Id"] == "trace-7"
    assert "abc.def" not in str(record.__dict__)


def test_numbers_of_the_web_workers_are_kept_in_memory_and_not_on_the_disk_that_may_fill(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    here, there = (metrics_folder(Settings(home=tmp_path / name)) for name in ("here", "there"))
    assert here.parent == there.parent == Path("/dev/shm")
    assert here != there
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/guildhall-web")
    assert metrics_folder(Settings(home=tmp_path)) == Path("/run/guildhall-web/metrics")

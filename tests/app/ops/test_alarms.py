"""The alarms of deploy/prometheus: each rings for its fault and for nothing else, and each figure is explained."""
import json
import re
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from app.ops.metrics import count_dropped_read_events
from tests.clients import ApiClient
from tests.components import ROOT
from tests.programs import program

FOLDER = ROOT / "deploy" / "prometheus"
RULES = FOLDER / "guildhall.rules.yml"
PAGE = ROOT / "docs" / "alarms.md"
HOUR_AND_A_HALF = "90m"
_NAMES = re.compile(r"guildhall_[a-z_]+")

# What a system says of which nobody need look: series → its values, one a minute (promtool's notation).
QUIET = {
    'up{job="guildhall"}': "1x90", "guildhall_database_up": "1x90", "guildhall_redis_up": "1x90",
    'guildhall_processes{process="worker"}': "2x90", "guildhall_unpublished": "3x90",
    "guildhall_outbox_oldest_seconds": "1x90", "guildhall_parked": "0x90",
    "guildhall_deliveries_oldest_seconds": "2x90",
    "guildhall_due_work_oldest_seconds": "3x90", "guildhall_jobs_late": "0x90", "guildhall_jobs_failed": "0x90",
    "guildhall_mail_oldest_seconds": "30x90", "guildhall_mail_parked": "0x90", "guildhall_mail_refused": "2x90",
    "guildhall_sms_oldest_seconds": "30x90", "guildhall_push_oldest_seconds": "30x90", "guildhall_sms_parked": "0x90",
    "guildhall_push_parked": "0x90", "guildhall_webhooks_oldest_seconds": "20x90",
    "guildhall_payments_waiting": "0x90", "guildhall_pictures_oldest_seconds": "5x90",
    "guildhall_cases_oldest_seconds": "7200x90", "guildhall_disk_free_bytes": "50000000000x90",
    "guildhall_disk_size_bytes": "100000000000x90", "guildhall_last_backup_timestamp_seconds": "-40000x90",
    'guildhall_requests_total{method="GET",route="/x",status="200"}': "0+600x90",
    'guildhall_requests_total{method="GET",route="/x",status="503"}': "0x90",
}
# What makes each alarm ring, in place of the same series above.
FAULTS = {
    "GuildhallAway": {'up{job="guildhall"}': "0x90"},
    "GuildhallDatabaseAway": {"guildhall_database_up": "0x90"},
    "GuildhallRedisAway": {"guildhall_redis_up": "0x90"},
    "GuildhallProcessAway": {'guildhall_processes{process="worker"}': "0x90"},
    "GuildhallErrors": {'guildhall_requests_total{method="GET",route="/x",status="503"}': "0+20x90"},
    "GuildhallEventsWait": {"guildhall_unpublished": "0+10x90", "guildhall_outbox_oldest_seconds": "0+60x90"},
    "GuildhallDeliveriesParked": {"guildhall_parked": "1x90"},
    "GuildhallDeliveriesLate": {"guildhall_deliveries_oldest_seconds": "601x90"},
    "GuildhallDueWorkLate": {"guildhall_due_work_oldest_seconds": "121x90"},
    "GuildhallJobsLate": {"guildhall_jobs_late": "1x90"},
    "GuildhallJobsFailed": {"guildhall_jobs_failed": "1x90"},
    "GuildhallMailWaits": {"guildhall_mail_oldest_seconds": "901x90"},
    "GuildhallMailParked": {"guildhall_mail_parked": "1x90"},
    "GuildhallMailRefused": {"guildhall_mail_refused": "21x90"},
    "GuildhallMessagesWait": {"guildhall_push_oldest_seconds": "901x90"},
    "GuildhallMessagesParked": {"guildhall_sms_parked": "1x90"},
    "GuildhallWebhooksWait": {"guildhall_webhooks_oldest_seconds": "901x90"},
    "GuildhallPaymentsStuck": {"guildhall_payments_waiting": "1x90"},
    "GuildhallPicturesWait": {"guildhall_pictures_oldest_seconds": "301x90"},
    "GuildhallCasesWait": {"guildhall_cases_oldest_seconds": "260000x90"},
    "GuildhallDiskFills": {"guildhall_disk_free_bytes": "1900000000x90"},
    "GuildhallNoBackup": {"guildhall_last_backup_timestamp_seconds": "-200000x90"},
}


def alarms() -> list[str]:
    return re.findall(r"- alert: (\w+)", RULES.read_text())


def promtool(*words: str) -> str:
    done = subprocess.run([program("prometheus", "promtool"), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def exposed(client: ApiClient) -> set[str]:
    """Return the names of all figures; of a histogram without its endings."""
    count_dropped_read_events("stream down", 0)
    client.get("/")
    names = set(_NAMES.findall(client.get("/metrics").get_data(as_text=True)))
    return {re.sub(r"(_bucket|_sum|_count)$", "", name) for name in names
            if not name.endswith("_created")} - {"guildhall_requests", "guildhall_read_events_dropped"}


def test_the_rules_are_what_prometheus_takes() -> None:
    assert f"{len(alarms())} rules found" in promtool("check", "rules", str(RULES))
    promtool("check", "config", str(FOLDER / "prometheus.yml"))


def test_each_alarm_rings_for_its_fault_and_none_for_a_quiet_system(tmp_path: Path) -> None:
    cases: dict[str, dict[str, str]] = {"": {}, **FAULTS}
    tests = [{
        "name": alarm or "quiet", "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in {**QUIET, **fault}.items()],
        "promql_expr_test": [{
            "expr": 'count by (alertname) (ALERTS{alertstate="firing"})', "eval_time": HOUR_AND_A_HALF,
            "exp_samples": [{"labels": f'{{alertname="{alarm}"}}', "value": 1}] if alarm else []}],
    } for alarm, fault in cases.items()]
    file = tmp_path / "test.yml"
    file.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}))
    promtool("test", "rules", str(file))


def test_every_alarm_has_a_fault_here() -> None:
    assert sorted(alarms()) == sorted(FAULTS)


def test_an_alarm_looks_at_figures_that_there_are(client: ApiClient, app: Flask) -> None:
    named = set(_NAMES.findall(RULES.read_text()))
    assert named - exposed(client) == set()


def test_every_figure_is_explained_and_no_other(client: ApiClient, app: Flask) -> None:
    explained = {name for line in PAGE.read_text().splitlines() if line.startswith("| `guildhall_")
                 for name in _NAMES.findall(line.split("|")[1])}
    assert explained == exposed(client)


def test_every_figure_says_what_to_do_or_which_alarm_does() -> None:
    """Each figure of a rule names its alarm; what has none says by itself what to do."""
    rings = {name: set(re.findall(rf"alert: (\w+)\n +expr: .*\b{name}\b", RULES.read_text()))
             for name in _NAMES.findall(RULES.read_text())}
    for line in PAGE.read_text().splitlines():
        if line.startswith("| `guildhall_"):
            _, figures, _, act, _ = line.split("|")
            alarmed = set[str]().union(*(rings.get(name, set()) for name in _NAMES.findall(figures)))
            assert set(re.findall(r"`(Guildhall\w+)`", act)) == alarmed, line
            assert alarmed or len(act) > 40, line


@pytest.mark.parametrize("alarm", sorted(FAULTS))
def test_every_alarm_says_what_to_do(alarm: str) -> None:
    [line] = [line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{alarm}`")]
    assert len(line.split("|")[2].strip()) > 20

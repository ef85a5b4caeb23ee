"""The record of what staff changed by hand: scenarios AM-1 to AM-5 of rules-marketplace §1.5."""
import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.clients import ApiClient

ACTIONS = "/marketplace/adminmoderation-api/v1/moderationactions"


def note(actor, **fields):
    body = {"entityId": str(uuid.uuid4()), "entityType": "PRODUCT", "actionType": "ADMIN_NOTE", "reason": "checked"}
    return actor.post(ACTIONS, json=body | fields)


@pytest.fixture
def noted(as_admin):
    answer = note(as_admin)
    assert answer.status_code == 201
    return answer.json["moderationAction"]


def test_am_1_the_server_says_who_and_when(as_admin):
    """AM-1"""
    answer = note(as_admin, actionTimestamp="2001-01-01T00:00:00Z", adminId=str(uuid.uuid4()))
    action = answer.json["moderationAction"]
    assert (answer.status_code, action["adminId"]) == (201, as_admin.user_id)
    assert (action["entityType_idx"], action["actionType_idx"]) == (1, 8)
    assert action["actionTimestamp"] > "2020"


def test_am_2_only_staff_writes_and_reads_the_record(as_user, as_admin, client, noted):
    """AM-2"""
    ben, one = as_user("ben"), f"{ACTIONS}/{noted['id']}"
    assert note(ben).status_code == 403
    assert note(client).status_code == 401
    assert ben.get(ACTIONS).status_code == ben.get(one).status_code == ben.patch(one, json={}).status_code == 403
    assert note(as_admin, actionType="FOO").status_code == 400
    refused = note(as_admin, reason=None)
    assert (refused.status_code, "reason" in refused.json["detail"]) == (400, True)
    assert note(as_admin, entityId="ALL").status_code == 400


def test_am_3_only_the_reason_changes(as_admin, noted):
    """AM-3"""
    changed = as_admin.patch(f"{ACTIONS}/{noted['id']}", json={"reason": "x", "entityType": "USER"})
    assert (changed.status_code, changed.json["moderationAction"]["reason"]) == (200, "x")
    assert changed.json["moderationAction"]["entityType"] == "PRODUCT"


def test_am_4_the_record_is_listed_newest_first_and_filtered(as_admin, noted):
    """AM-4"""
    newer = note(as_admin).json["moderationAction"]
    note(as_admin, entityType="USER")
    listed = as_admin.get(f"{ACTIONS}?entityType=PRODUCT&pageRowCount=1").json
    assert [one["id"] for one in listed["moderationActions"]] == [newer["id"]]
    assert listed["paging"]["totalRowCount"] == 2
    assert as_admin.get(f"{ACTIONS}?dateFrom=2999-01-01").json["moderationActions"] == []
    assert len(as_admin.get(f"{ACTIONS}?adminId={as_admin.user_id}&dateTo=2999-01-01").json["moderationActions"]) == 3


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"])
def test_am_4_a_day_is_the_whole_day_of_the_realms_zone(as_admin, noted, make_app, zone):
    """AM-4; of the outer two one has another day than UTC, whatever the time is"""
    there = ApiClient(make_app(TIME_ZONE=f"UTC,marketplace:{zone}"), token=as_admin.token)
    day = datetime.fromisoformat(noted["actionTimestamp"]).astimezone(ZoneInfo(zone)).date()
    before, after = day - timedelta(days=1), day + timedelta(days=1)

    def listed(asked):
        return [one["id"] for one in there.get(f"{ACTIONS}?{asked}").json["moderationActions"]]

    assert listed(f"dateFrom={day}&dateTo={day}") == [noted["id"]]
    assert listed(f"dateFrom={before}&dateTo=9999-12-31") == [noted["id"]]
    assert listed(f"dateTo={before}") == listed(f"dateFrom={after}") == []


def test_am_5_only_a_super_admin_deletes(as_admin, as_super_admin, noted):
    """AM-5"""
    one = f"{ACTIONS}/{noted['id']}"
    assert as_admin.delete(one).status_code == 403
    deleted = as_super_admin.delete(one)
    assert (deleted.status_code, deleted.json["moderationAction"]["isActive"]) == (200, False)
    assert as_admin.get(one).status_code == 404

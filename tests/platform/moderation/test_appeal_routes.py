"""The routes of strikes, appeals and the audit, in every realm (moderation.md, Routes)."""
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.clock import now
from app.data.reads import fetch
from app.identity.appeal_tokens import issue
from app.runtime import runtime
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.cases import act


@pytest.fixture
def base(realm):
    return f"/{realm}/adminmoderation-api/v1"


@pytest.fixture
def strike(things, people):
    thing = things.add(people.user("ben").user_id)
    return act(people.admin("ada").actor, ActOrder("WARN", "PRODUCT", thing), reason="fake").strike


def test_m_10_an_appeal_without_a_login_needs_the_token(base, client, realm, strike):
    body = {"strikeNumber": strike.number, "text": "it is real"}
    assert client.post(f"{base}/appeals", json=body).status_code == 401
    assert client.post(f"{base}/appeals", json=body | {"token": "x"}).json["errCode"] == "AppealTokenRefused"
    [row] = fetch(select(Act.id))
    token = issue(runtime().settings.secret_key, realm, row.id, strike.person_id, now() + timedelta(days=1))
    answer = client.post(f"{base}/appeals", json=body | {"token": token})
    assert (answer.status_code, answer.json["dataName"], answer.json["appeal"]["state"]) == (201, "appeal", "OPEN")
    assert client.post(f"{base}/appeals", json=body | {"token": token}).json["errCode"] == "AlreadyAppealed"


@pytest.mark.parametrize("wrong", [{"text": None}, {"text": ""}, {"strikeNumber": "s1"}, {"strikeNumber": 0}])
def test_an_appeal_of_a_wrong_shape_is_refused(base, people, strike, wrong):
    body = {"strikeNumber": strike.number, "text": "it is real"} | wrong
    assert people.user("ben").post(f"{base}/appeals", json=body).status_code == 400


def test_m_14_staff_decide_an_appeal_by_its_number(base, people, strike):
    ben, eve = people.user("ben"), people.admin("eve")
    ben.post(f"{base}/appeals", json={"strikeNumber": strike.number, "text": "it is real"})
    decision = {"granted": True, "reason": "it is"}
    assert ben.post(f"{base}/appeals/p1/decide", json=decision).status_code == 403
    assert eve.post(f"{base}/appeals/x/decide", json=decision).status_code == 400
    assert eve.post(f"{base}/appeals/p9/decide", json=decision).status_code == 404
    answer = eve.post(f"{base}/appeals/p1/decide", json=decision)
    assert (answer.status_code, answer.json["appeal"]["state"]) == (200, "GRANTED")
    assert answer.json["lost"] == ["The letter that was sent stays sent."]
    [mine] = ben.get(f"{base}/appeals").json["appeals"]
    assert (mine["state"], mine["reason"]) == ("GRANTED", "it is")
    assert people.user("max").get(f"{base}/appeals").json["appeals"] == []
    assert [row["number"] for row in eve.get(f"{base}/appeals?state=GRANTED").json["appeals"]] == [1]


def test_strikes_are_listed_to_their_person_and_to_staff(base, client, people, strike):
    ben, eve = people.user("ben"), people.admin("eve")
    [mine] = ben.get(f"{base}/strikes").json["strikes"]
    assert (mine["number"], mine["state"], mine["actKind"]) == (1, "ACTIVE", "WARN")
    assert len(eve.get(f"{base}/strikes?userId={ben.user_id}").json["strikes"]) == 1
    assert people.user("max").get(f"{base}/strikes?userId={ben.user_id}").status_code == 403
    assert eve.get(f"{base}/strikes?userId=x").status_code == 400
    assert client.get(f"{base}/strikes").status_code == 401


def test_m_26_staff_read_and_verify_the_audit(base, client, people, strike):
    ada = people.admin("ada")
    page = ada.get(f"{base}/audit?pageRowCount=1").json
    assert page["auditEntries"][0]["entry"]["what"] == "strike.given"
    assert page["paging"]["totalRowCount"] > 1
    behind = ada.get(f"{base}/audit", query_string={"pageRowCount": 1, "after": page["paging"]["next"]}).json
    assert behind["auditEntries"][0]["seq"] == page["auditEntries"][0]["seq"] - 1
    verdict = ada.get(f"{base}/audit/verify").json["auditVerdict"]
    assert (verdict["intact"], verdict["breaks"]) == (True, [])
    assert verdict == audit.verify(verdict["realm"]).wire()  # as `flask moderate audit verify --json` prints it
    for path in ("audit", "audit/verify"):
        assert people.user("ben").get(f"{base}/{path}").status_code == 403
        assert client.get(f"{base}/{path}").status_code == 401

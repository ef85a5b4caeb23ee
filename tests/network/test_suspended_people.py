"""Whom staff suspend or ban in the network, where nobody trades: what is refused, and what the letters say."""
import re

import pytest

from app.notify.mailbox import read_outbox
from blueprints.platform.moderation import acts, cases
from blueprints.platform.moderation.acts import ActOrder
from tests.platform.driver import is_refusal

ACTS, CASES = "/network/adminmoderation-api/v1/acts", "/network/adminmoderation-api/v1/cases"
OF_TRADE = re.compile(r"sell|sold|sale|buy|bought|\bbids?\b|offer|listing|auction", re.IGNORECASE)
LINK = re.compile(r"\S+://\S+")


@pytest.fixture
def ben(callers):
    return callers.user("ben", realm="network")


@pytest.fixture
def ada(callers):
    return callers.admin(realm="network")


def letters(person):
    return [f"{letter['subject']}\n{letter['text']}" for letter in read_outbox(person.email)]


@pytest.mark.parametrize("scope", ["SELLING", "BUYING"])
def test_nobody_is_suspended_from_what_nobody_does_here(ben, ada, settle, scope):
    refused = ada.post(ACTS, json={"kind": "SUSPEND", "days": 7, "scope": scope, "entityType": "USER",
                                   "entityId": ben.user_id, "reason": "spam"})
    assert is_refusal(refused, 400)
    assert list(refused.json["detail"]) == ["scope"]
    settle()
    assert letters(ben) == []
    assert ada.get(f"/network/adminmoderation-api/v1/strikes?userId={ben.user_id}").json["strikes"] == []
    assert ada.get(f"{CASES}?state=RESOLVED").json["moderationCases"] == []


@pytest.mark.parametrize(("order", "said"), [
    ({"kind": "SUSPEND", "days": 7}, "Your account is suspended until"),
    ({"kind": "BAN"}, "Your account is closed for good: you cannot log in, and others do not see you here.")])
def test_m_31_no_letter_of_the_network_speaks_of_trade(ben, ada, settle, order, said):
    done = cases.act(ada.actor, ActOrder(entity_type="USER", entity_id=ben.user_id, **order), reason="spam")
    settle()
    acts.undo(ada.actor, done.acts[0].number, reason="a mistake")
    settle()
    told, undone = letters(ben)
    for letter in (told, undone):
        assert said in letter
        assert OF_TRADE.search(LINK.sub("", letter)) is None, letter

"""M-34, the rules of the house: what stands from the first day, and what staff write and retire."""
import pytest

from app.data.reads import Page
from app.errors import Forbidden, InvalidInput, NotFound
from blueprints.platform.moderation.catalogue import (
    DEFAULTS,
    add_rule,
    list_rules,
    retire_rule,
    rule_named,
    rules_of,
    text_behind,
)


def test_m_34_rules_stand_from_the_first_day(people, realm):
    codes = set(rules_of(realm))
    assert {"fraud", "spam", "harassment", "hate", "sexual", "privacy", "counterfeit", "prohibited"} <= codes
    assert ({"off-platform", "shill-bidding"} <= codes) is (realm == "marketplace")
    assert all(rule.text.endswith(".") for rule in DEFAULTS[realm])


def test_m_34_only_staff_writes_rules(people, realm):
    with pytest.raises(Forbidden):
        add_rule(people.user("ben").actor, code="knives", title="Knives", text="No knives.")
    with pytest.raises(Forbidden):
        retire_rule(people.user("ben").actor, "fraud")


def test_m_34_a_rule_that_is_not_there_is_refused_and_the_others_are_named(people, realm):
    with pytest.raises(InvalidInput) as refused:
        rule_named(realm, "knives")
    assert "fraud" in refused.value.detail["rule"]
    with pytest.raises(NotFound):
        retire_rule(people.admin().actor, "knives")


def test_m_34_a_rule_is_written_anew_and_retired(people, realm):
    ada = people.admin().actor
    add_rule(ada, code="fraud", title="Fraud", text="Do not cheat.")
    assert (rule_named(realm, "fraud").title, rule_named(realm, "fraud").own) == ("Fraud", True)
    retire_rule(ada, "fraud")
    assert "fraud" not in rules_of(realm)
    assert text_behind(realm, "fraud").text == "Do not cheat."
    with pytest.raises(NotFound):
        retire_rule(ada, "fraud")
    add_rule(ada, code="fraud", title="Fraud", text="Do not cheat again.")
    assert rule_named(realm, "fraud").text == "Do not cheat again."


def test_m_34_the_rules_are_listed_page_by_page(people, realm):
    ada = people.admin().actor
    first = list_rules(ada, Page(size=4))
    second = list_rules(ada, Page(size=100, after=first.next))
    assert [row["code"] for row in first.rows + second.rows] == list(rules_of(realm))
    assert (first.total, second.next) == (len(rules_of(realm)), None)


def test_m_34_everybody_reads_the_rules_and_staff_writes_them(as_admin, as_user):
    url = "/marketplace/adminmoderation-api/v1/rules"
    ben = as_user("ben")
    assert "counterfeit" in [row["code"] for row in ben.get(url).json["rules"]]
    rule = {"code": "knives", "title": "Knives", "text": "No knives."}
    assert ben.post(url, json=rule).status_code == ben.delete(f"{url}/fraud").status_code == 403
    assert as_admin.post(url, json=rule | {"code": "No Knives"}).status_code == 400
    assert as_admin.post(url, json=rule).json["rule"] == rule | {"id": "knives", "isOwn": True}
    assert as_admin.delete(f"{url}/knives").status_code == 200
    assert as_admin.delete(f"{url}/knives").status_code == 404

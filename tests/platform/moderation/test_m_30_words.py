"""M-30, the list of words: who keeps it, what it refuses, and that each process follows its changes at once."""
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.clock import now
from app.data.ids import uuid7
from app.data.moderated_kinds import ModeratedKind, ModeratedKinds
from app.data.reads import Page, fetch
from app.errors import DuplicateRecord, Forbidden, InvalidInput, NotFound, RuleViolated
from app.events.event_delivery import Event
from app.runtime import runtime
from blueprints.platform.moderation import words
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.words import add_word, find_words, list_words, remove_word
from blueprints.platform.moderation.written_words import look_for_words


def listed(actor):
    return [row["phrase"] for row in list_words(actor, Page()).rows]


def test_m_30_only_staff_keeps_the_list(people):
    ben = people.user("ben").actor
    with pytest.raises(Forbidden):
        add_word(ben, phrase="replica", reason="COUNTERFEIT")
    word = add_word(people.admin().actor, phrase="replica", reason="COUNTERFEIT")
    with pytest.raises(Forbidden):
        remove_word(ben, word["id"])


def test_m_30_a_word_that_is_compared_as_another_is_refused(people, realm):
    ada = people.admin().actor
    add_word(ada, phrase="Fake Rolex", reason="COUNTERFEIT")
    with pytest.raises(DuplicateRecord) as refused:
        add_word(ada, phrase="FAKE-ROLEX", reason="FRAUD")
    assert refused.value.err_code == "WordExists"
    with pytest.raises(InvalidInput) as refused:
        add_word(ada, phrase="?!", reason="OTHER")
    assert "phrase" in refused.value.detail
    with pytest.raises(InvalidInput):
        add_word(ada, phrase="\ufdfa" * 200, reason="OTHER")
    assert listed(ada) == ["Fake Rolex"]


def test_m_30_the_list_has_an_end(people, monkeypatch):
    ada = people.admin().actor
    monkeypatch.setattr(words, "MOST_WORDS", 1)
    add_word(ada, phrase="replica", reason="COUNTERFEIT")
    with pytest.raises(RuleViolated) as refused:
        add_word(ada, phrase="weapon", reason="PROHIBITED")
    assert refused.value.err_code == "TooManyWords"


def test_m_30_what_was_added_is_found_and_what_was_removed_no_longer(people, realm):
    ada = people.admin().actor
    assert find_words(realm, "a Replica") == []
    word = add_word(ada, phrase="replica*", reason="COUNTERFEIT")
    add_word(ada, phrase="kill you", reason="HARASSMENT")
    hits = find_words(realm, "A replicated watch", "I kill you")
    assert [(hit.phrase, hit.reason) for hit in hits] == [("kill you", "HARASSMENT"), ("replica*", "COUNTERFEIT")]
    assert words.worst(hits) == 75
    remove_word(ada, word["id"])
    assert find_words(realm, "A replicated watch") == []
    with pytest.raises(NotFound):
        remove_word(ada, word["id"])


def test_m_30_a_list_is_its_realms_own(people, realm):
    add_word(people.admin().actor, phrase="replica", reason="COUNTERFEIT")
    assert find_words("network" if realm == "marketplace" else "marketplace", "replica") == []


def test_m_30_looking_into_a_text_asks_the_database_nothing_while_the_list_stays(people, realm, count_statements):
    add_word(people.admin().actor, phrase="replica", reason="COUNTERFEIT")
    find_words(realm, "warm")
    with count_statements() as sent:
        assert len(find_words(realm, "a replica")) == 1
    assert sent == []


def test_m_30_the_list_over_http(as_admin, as_user):
    url = "/marketplace/adminmoderation-api/v1/words"
    assert as_user("ben").get(url).status_code == as_user("ben").post(url, json={"phrase": "x"}).status_code == 403
    assert as_admin.post(url, json={"phrase": "re*plica"}).status_code == 400
    assert as_admin.post(url, json={"phrase": "replica", "reason": "BAD"}).status_code == 400
    added = as_admin.post(url, json={"phrase": "replica", "reason": "COUNTERFEIT"})
    assert (added.status_code, added.json["word"]["phrase"]) == (201, "replica")
    assert added.json["word"]["addedBy"] == as_admin.user_id
    assert [row["id"] for row in as_admin.get(url).json["words"]] == [added.json["word"]["id"]]
    assert as_admin.delete(f"{url}/{added.json['word']['id']}").status_code == 200
    assert as_admin.get(url).json["words"] == []


def test_m_30_words_are_looked_for_in_every_kind_that_says_how_it_is_written(people, realm, things):
    topic = f"{realm}-anything-service-dbevent-post-created"
    runtime().keep(ModeratedKinds(runtime().part(ModeratedKinds) | {
        (realm, "POST"): ModeratedKind("POST", read=things.read_as("POST"), written=(topic,))}))
    add_word(people.admin().actor, phrase="replica", reason="COUNTERFEIT")
    post = things.add(people.user().user_id, "POST", words="A replica, and another replica.")
    event = Event(1, uuid7(), realm, topic, post, {"content": {"text": "A replica"}}, now(), None, None)
    look_for_words([event, replace(event, key=uuid7())])
    assert [tuple(row) for row in fetch(select(Case.realm, Case.kind, Case.entity_type, Case.entity_id))] == [
        (realm, "WORDS", "POST", post)]


def test_m_30_the_names_of_people_are_looked_into_in_every_realm(people, realm, settle):
    add_word(people.admin().actor, phrase="replica", reason="COUNTERFEIT")
    people.user("ben", fullname="Replica King")
    settle()
    assert [tuple(row) for row in fetch(select(Case.realm, Case.entity_type))] == [(realm, "USER")]

"""Words of messages by their indexes: who sent or received them finds them, and nobody learns what others wrote."""
from dataclasses import dataclass
from typing import Any

import pytest

from app.clock import moved_clock
from app.search.catalogue import rebuild_index, search_index
from app.search.port import SearchQuery
from blueprints.platform.auth.commands import archive_profile, purge_archived
from tests.clients import ApiClient
from tests.flow import settle
from tests.platform.bff.rows import ask, ids

ROUTES = {"marketplace": ("/marketplace/messaging-api/v1/messagingmessages", "messagingMessage", "marketplaceMessages"),
          "network": ("/network/messaging-api/v1/messages", "message", "networkMessages")}


@dataclass
class Talk:
    """Ben and Cleo, who write to each other in one realm, and Eve, who does not."""

    realm: str
    ben: ApiClient
    cleo: ApiClient
    eve: ApiClient

    def __post_init__(self) -> None:
        self.path, self.object, self.index = ROUTES[self.realm]
        self.to: dict[str, Any] = {"toUserId": self.cleo.user_id, "isRead": False}
        if self.realm == "network":
            made = self.ben.post("/network/messaging-api/v1/conversations", json={
                "isGroup": False, "participantIds": [self.ben.user_id, self.cleo.user_id]})
            self.to = {"conversationId": made.json["conversation"]["id"]}

    def write(self, *texts: str) -> list[str]:
        """Let Ben write these to Cleo, and the index know of them; returns their ids."""
        made = [self.ben.post(self.path, json={"content": text, **self.to}) for text in texts]
        settle()
        return [answer.json[self.object]["id"] for answer in made]

    def found(self, caller: ApiClient, words: str) -> Any:
        return ask(caller, self.realm, self.object, q=words)

    def indexed(self) -> set[str]:
        search_index(self.index).refresh()
        return {id_ for id_, _ in search_index(self.index).versions()}


@pytest.fixture
def talk(people: Any, realm: str, ben: ApiClient, cleo: ApiClient) -> Talk:
    return Talk(realm, ben, cleo, people.user("eve"))


def test_a_word_is_found_by_whom_it_is_between_and_by_nobody_else(talk: Talk, people: Any) -> None:
    old, new = talk.write("A lighthouse lighthouse", "Two lighthouses and a harbour")
    for caller in (talk.ben, talk.cleo):
        answer = talk.found(caller, "lighthouse")
        assert (ids(answer), answer["total"], "degraded" in answer) == ([new, old], 2, False)
    for caller in (talk.eve, people.super_admin()):
        for words in ("lighthouse ", "lighthous", "lighthause ", "harbour lighthouse"):
            answer = talk.found(caller, words)
            assert (answer["total"], answer.keys() & {"corrected", "relaxed", "atLeast"}) == (0, set())


def test_nothing_tells_how_often_others_wrote_a_word(talk: Talk) -> None:
    """How rare a word is would order one's own messages; a slip would be put right by what is known."""
    asked = ("harbour ", "harbour lighthouse ", "lighthause ")
    talk.write("harbour harbour", "harbour and much more that is longer", "lighthouse")
    before = [talk.found(talk.cleo, words) for words in asked]
    other = Talk(talk.realm, talk.eve, talk.ben, talk.cleo)
    other.write(*["harbour lighthause"] * 3)
    assert [talk.found(talk.cleo, words) for words in asked] == before
    assert [answer["total"] for answer in before] == [2, 0, 0]


def test_words_that_others_wrote_keep_no_message_from_being_found_by_a_beginning(
        talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else who writes a thousand words behind one sees by the last of them whether somebody else wrote that one."""
    monkeypatch.setattr("app.search.whoosh.scoring.MAX_EXPANSION", 2)
    [mine] = talk.write("layoffsz")
    Talk(talk.realm, talk.eve, talk.ben, talk.ben).write("layoffs layoffsa layoffsb")
    rebuild_index(talk.index)  # into one segment
    by_phrase = {"content": {"operator": "match_phrase_prefix", "value": "layoffs"}}
    assert ids(talk.found(talk.cleo, "layoffs")) == [mine]
    assert ids(ask(talk.cleo, talk.realm, talk.object, filters=by_phrase)) == [mine]


def test_nothing_is_suggested_of_messages(talk: Talk) -> None:
    talk.write("lighthouse")
    root = f"/{talk.realm}/bff-service/suggest?q=lightho"
    assert talk.ben.get(f"{root}&indexes={talk.object}").status_code == 400
    assert "lighthouse" not in talk.ben.get(root).text
    assert search_index(talk.index).ids(SearchQuery("lighthouse")) != []


def test_who_has_deleted_a_message_finds_it_no_more(talk: Talk) -> None:
    [message] = talk.write("lighthouse")
    assert talk.cleo.delete(f"{talk.path}/{message}").status_code == 200
    for _ in range(2):  # before and after its event
        assert (ids(talk.found(talk.ben, "lighthouse")), ids(talk.found(talk.cleo, "lighthouse"))) == ([message], [])
        settle()
    assert talk.ben.delete(f"{talk.path}/{message}").status_code == 200
    assert talk.found(talk.ben, "lighthouse")["total"] == 0
    settle()
    assert talk.indexed() == set()


def test_a_message_that_moderation_holds_leaves_the_index_and_comes_back(talk: Talk, people: Any) -> None:
    [message] = talk.write("lighthouse")
    acts = f"/{talk.realm}/adminmoderation-api/v1/acts"
    for kind, left in (("HIDE", set()), ("SHOW_AGAIN", {message})):
        act = {"entityType": "MESSAGE", "entityId": message, "kind": kind, "reason": "r"}
        assert people.super_admin().post(acts, json=act).status_code == 201
        assert talk.found(talk.cleo, "lighthouse")["total"] == len(left) or kind == "SHOW_AGAIN"
        settle()
        assert talk.indexed() == left
        assert ids(talk.found(talk.ben, "lighthouse")) == [message]  # HIDDEN it is its sender's alone
        assert set(ids(talk.found(talk.cleo, "lighthouse"))) == left


def test_who_has_too_many_conversations_to_name_is_answered_from_the_newest_messages(
        talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    [message] = talk.write("lighthouse")
    monkeypatch.setattr("app.search.rows.rule_in_index", lambda *_, **__: None)
    for caller, wanted in ((talk.cleo, [message]), (talk.eve, [])):
        answer = talk.found(caller, "lighthouse")
        assert (ids(answer), answer["degraded"]) == (wanted, True)


def test_words_of_who_is_gone_for_good_leave_with_the_messages_that_nobody_has(talk: Talk) -> None:
    talk.write("lighthouse")
    for client, left in ((talk.ben, 1), (talk.cleo, 0)):
        archive_profile(client.actor, client.user_id)
        settle()
        with moved_clock(days=31):
            assert purge_archived(talk.realm) == 1
            settle()
            assert len(talk.indexed()) == left
    assert rebuild_index(talk.index) == 0

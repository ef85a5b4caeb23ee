"""What messaging refuses, and in which order (rules-marketplace §5.2, moderation.md M-23)."""
from datetime import timedelta
from uuid import uuid4

import pytest

from app.actor import system_actor
from app.clock import now
from blueprints.platform.auth.commands import archive_profile, delete_user, lock_user
from blueprints.platform.auth.standings import account_standings
from tests.clients import ApiClient
from tests.marketplace.messaging.talk import BLOCKS, MESSAGES, conversations, refusal, thread, write, written

SYSTEM = system_actor("marketplace")
UNAVAILABLE = (400, "RecipientUnavailable")


def lock(user):
    lock_user(SYSTEM, user.user_id, now() + timedelta(days=7))


def archive(user):
    archive_profile(user.actor, user.user_id)


def delete(user):
    delete_user(SYSTEM, user.user_id)


def block(blocker, blocked):
    answer = blocker.post(BLOCKS, json={"userId": blocked.user_id})
    assert answer.status_code == 201, answer.json
    return answer.json["block"]


def test_a_visitor_writes_nothing(client, people):
    assert write(client, people.sara).status_code == 401


@pytest.mark.parametrize("content", ["", "   ", "x" * 5001, None, 7])
def test_a_message_is_text_of_1_to_5000_characters(people, content):
    refused = write(people.ben, people.sara, content=content)
    assert refused.status_code == 400
    assert "content" in refused.json["detail"]


def test_5000_characters_are_taken(people):
    written(people.ben, people.sara, "x" * 5000)
    assert thread(people.sara, people.ben) == ["x" * 5000]


def test_a_message_needs_a_recipient(people):
    refused = people.ben.post(MESSAGES, json={"content": "hi"})
    assert (refused.status_code, "toUserId" in refused.json["detail"]) == (400, True)


def test_nobody_writes_to_a_person_who_does_not_exist(people):
    assert people.ben.post(MESSAGES, json={"toUserId": str(uuid4()), "content": "hi"}).status_code == 404


def test_nobody_writes_to_themselves(people):
    assert refusal(write(people.ben, people.ben)) == (400, "WritesToOneself")


def test_a_stranger_neither_marks_nor_deletes_a_message(people):
    message = written(people.ben, people.sara)
    assert people.eve.patch(f"{MESSAGES}/{message}", json={"isRead": True}).status_code == 403
    assert people.eve.delete(f"{MESSAGES}/{message}").status_code == 403
    assert thread(people.sara, people.ben) == ["hi"]


def test_a_conversation_is_asked_for_by_the_id_of_a_person(people):
    refused = people.ben.get(f"{MESSAGES}?withUserId=sara")
    assert (refused.status_code, list(refused.json["detail"])) == (400, ["withUserId"])


def test_m_23_a_block_stops_messages_both_ways_and_the_sentence_names_no_reason(people):
    """M-23"""
    written(people.ben, people.sara, "before")
    block(people.sara, people.ben)
    there, back = write(people.ben, people.sara), write(people.sara, people.ben)
    assert refusal(there) == refusal(back) == UNAVAILABLE
    lock(people.eve)
    assert write(people.admin, people.eve).json["message"] == there.json["message"] == back.json["message"]


def test_m_23_a_block_stops_nothing_else(people):
    """M-23"""
    message = written(people.ben, people.sara, "before")
    block(people.sara, people.ben)
    assert thread(people.ben, people.sara) == thread(people.sara, people.ben) == ["before"]
    assert people.sara.patch(f"{MESSAGES}/{message}", json={"isRead": True}).status_code == 200
    assert people.ben.get(f"/marketplace/auth-api/v1/briefuser/{people.sara.user_id}").status_code == 200


def test_messages_go_again_once_the_block_is_taken_back(people):
    block(people.sara, people.ben)
    assert people.sara.delete(f"{BLOCKS}/{people.ben.user_id}").status_code == 200
    written(people.ben, people.sara)
    written(people.sara, people.ben)


@pytest.mark.parametrize("end", [lock, archive, delete])
def test_who_is_not_active_is_not_written_to(people, end):
    end(people.sara)
    assert account_standings("marketplace", {people.sara.user_id})
    assert refusal(write(people.ben, people.sara)) == UNAVAILABLE


@pytest.mark.usefixtures("within_a_minute")
def test_m_23_the_throttle_counts_first(make_app, people):
    """M-23: refused messages are counted, so that nobody learns by the throttle who blocked them."""
    block(people.sara, people.ben)
    throttled = ApiClient(make_app(RATELIMIT_ENABLED="1", MESSAGES_PER_MINUTE="3"), people.ben.actor, people.ben.token)
    assert [write(throttled, people.sara).status_code for _ in range(3)] == [400] * 3
    refused = write(throttled, people.eve)
    assert refusal(refused) == (429, "TooManyMessages")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert conversations(people.eve) == []


@pytest.mark.usefixtures("within_a_minute")
def test_the_throttle_is_each_sender_s_own(make_app, people):
    throttled = make_app(RATELIMIT_ENABLED="1", MESSAGES_PER_MINUTE="1")
    ben = ApiClient(throttled, people.ben.actor, people.ben.token)
    eve = ApiClient(throttled, people.eve.actor, people.eve.token)
    assert [write(one, people.sara).status_code for one in (ben, ben, eve, eve)] == [201, 429, 201, 429]


@pytest.mark.usefixtures("within_a_minute")
def test_two_workers_count_together(make_app, people):
    for status in (201, 429):
        worker = make_app(RATELIMIT_ENABLED="1", MESSAGES_PER_MINUTE="1")
        assert write(ApiClient(worker, people.ben.actor, people.ben.token), people.sara).status_code == status


@pytest.mark.usefixtures("within_a_minute")
def test_an_answer_that_is_given_again_is_not_counted_again(make_app, people):
    ben = ApiClient(make_app(RATELIMIT_ENABLED="1", MESSAGES_PER_MINUTE="1"), people.ben.actor, people.ben.token)
    body = {"toUserId": people.sara.user_id, "content": "hi"}
    answers = [ben.post(MESSAGES, json=body, headers={"Idempotency-Key": "one"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert thread(people.sara, people.ben) == ["hi"]

"""What a receiver gets: signed, in order, at least once, and as its person may see it (FD-17 to FD-21)."""
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.actor import system_actor
from app.clock import moved_clock, now
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.events.relay import relay_all
from app.jobs.worker import run_job
from app.notify.mailbox import read_outbox
from app.outward.addresses import OutwardRules
from app.outward.client import OutwardClient
from blueprints.platform.auth.models import account_model
from blueprints.platform.webhooks import jobs, sending
from blueprints.platform.webhooks.models import WebhookMessage
from blueprints.platform.webhooks.owing import owe_new_events
from tests.clients import ApiClient, Callers
from tests.platform.webhooks.conftest import CLIENT, CREATED, HOOKS, UPDATED, Post, Webhook
from tests.platform.webhooks.receivers import Answer, Delivery, Receiver, receiving

Hook = Callable[..., Webhook]


def test_what_happens_is_sent_as_type_timestamp_and_data_and_verifies(hook: Hook, post: Post,
                                                                      receiver: Receiver) -> None:
    webhook = hook(receiver)
    category = post.category("Watches")
    post.go()
    [came] = receiver.taken
    body = came.verified_by(webhook.secret)
    assert set(body) == {"type", "timestamp", "data"}
    assert (body["type"], body["data"]["id"], body["data"]["title"]) == (CREATED, category, "Watches")
    assert came.headers["content-type"] == "application/json"
    [delivery] = webhook.deliveries
    assert (delivery["state"], delivery["attempts"], delivery["lastStatus"]) == ("delivered", 1, 204)
    assert delivery["webhookId"] == came.id


def test_only_what_was_chosen_is_sent(hook: Hook, post: Post, receiver: Receiver) -> None:
    first = post.category("Watches")
    post.go()
    hook(receiver, f"category/{first}")
    post.category("Clocks")
    post.retitle(first, "Old watches")
    post.go()
    assert [(one.body["type"], one.body["data"]["title"]) for one in receiver.taken] == [(UPDATED, "Old watches")]


def test_what_the_person_may_not_see_is_neither_sent_nor_listed(people: Callers, hook: Hook, post: Post) -> None:
    topic = "ebaycclone-messaging-service-dbevent-messagingmessage-created"
    with receiving() as of_ben, receiving() as of_cleo:
        webhook, cleo = hook(of_ben, topic), people.user("cleo")
        hook(of_cleo, topic, client=cleo)
        sent = people.user("sara").post("/marketplace/messaging-api/v1/messagingmessages", json={
            "toUserId": cleo.user_id, "content": "for your eyes only"})
        assert sent.status_code == 201, sent.text
        post.go()
        assert [one.body["data"]["content"] for one in of_cleo.taken] == ["for your eyes only"]
        assert of_ben.taken == webhook.deliveries == []
        listed = webhook.client.get(f"{HOOKS}/{webhook.id}/events").json["webhookEvents"]
        assert listed["events"] == []


def test_a_masked_field_is_not_sent(people: Callers, hook: Hook, post: Post, receiver: Receiver) -> None:
    cleo = people.user("cleo")
    hook(receiver, f"user/{cleo.user_id}")
    with unit_of_work(system_actor("marketplace")) as work:
        work.change(work.lock(account_model("marketplace"), cleo.user_id), fullname="Cleo Other")
        work.commit()
    post.go()
    assert receiver.taken[-1].body["data"]["fullname"] == "Cleo Other"
    assert not any(cleo.email in came.text for came in receiver.taken)


def test_old_values_go_to_staff_alone(people: Callers, hook: Hook, post: Post) -> None:
    with receiving() as of_staff, receiving() as of_ben:
        hook(of_staff, UPDATED, client=people.admin())
        hook(of_ben, UPDATED)
        post.retitle(post.category("Watches"), "Clocks")
        post.go()
        assert of_staff.taken[0].body["old"]["title"] == "Watches"
        assert "old" not in of_ben.taken[0].body


def test_an_event_is_sent_again_under_the_same_id_and_a_time_of_its_own(hook: Hook, post: Post,
                                                                        receiver: Receiver) -> None:
    """FD-17."""
    webhook = hook(receiver)
    receiver.fails()
    post.category("Watches")
    assert post.go() == 1
    assert post.go() == 0, "the next attempt is not due"
    receiver.recovers()
    with moved_clock(minutes=13):
        assert post.go() == 1
    assert len(set(receiver.ids)) == 1
    first, second = (int(one.headers["webhook-timestamp"]) for one in receiver.taken)
    assert second >= first + 300
    [delivery] = webhook.deliveries
    assert [one["status"] for one in delivery["tries"]] == [500, 204]


def test_after_the_waits_of_fd_18_a_message_is_parked_and_the_next_of_its_lane_goes(hook: Hook, post: Post,
                                                                                    receiver: Receiver) -> None:
    webhook = hook(receiver)
    receiver.answer = lambda came: (500 if came.body["data"]["title"] == "Bad" else 204, {})
    category = post.category("Bad")
    post.retitle(category, "Good")
    passed = timedelta()
    for wait in (0, 600, 300, 1800, 7200, 18_000, 36_000, 86_400):
        passed += timedelta(seconds=wait * 1.2 + 1)
        with moved_clock(seconds=passed.total_seconds()):
            post.go()
    assert receiver.names == ["Bad"] * 8 + ["Good"]
    assert [one["state"] for one in webhook.deliveries] == ["parked", "delivered"]


def test_a_failing_head_blocks_its_lane_and_no_other(hook: Hook, post: Post, receiver: Receiver) -> None:
    hook(receiver)
    receiver.answer = lambda came: (500 if came.body["data"]["title"] == "Bad" else 204, {})
    bad = post.category("Bad")
    post.retitle(bad, "Mended")
    post.category("Other")
    post.go()
    assert sorted(receiver.names) == ["Bad", "Other"]
    receiver.recovers()
    with moved_clock(minutes=13):
        post.go()
    assert receiver.names[2:] == ["Bad", "Mended"]


def test_the_events_of_an_object_come_in_order_one_at_a_time(hook: Hook, post: Post, receiver: Receiver) -> None:
    hook(receiver)
    category = post.category("0")
    for number in range(1, 12):
        post.retitle(category, str(number))
    post.go()
    assert receiver.names == [str(number) for number in range(12)]
    assert receiver.most_at_once == 1


def test_an_endpoint_has_at_most_four_connections_and_one_while_it_fails(hook: Hook, post: Post,
                                                                         receiver: Receiver) -> None:
    hook(receiver)
    for number in range(20):
        post.category(str(number))
    post.go()
    assert receiver.most_at_once <= 4
    assert len(set(receiver.ids)) == 20
    receiver.fails()
    post.category("fails")
    post.go()
    receiver.most_at_once = 0
    for number in range(10):
        post.category(f"more {number}")
    post.go()
    assert receiver.most_at_once == 1


def test_a_longer_wait_that_the_receiver_asks_for_is_kept(hook: Hook, post: Post, receiver: Receiver) -> None:
    hook(receiver)
    receiver.fails(503, Retry_After="7200")
    post.category("Watches")
    post.go()
    with moved_clock(minutes=60):
        assert post.go() == 0
    with moved_clock(minutes=121):
        assert post.go() == 1


def test_a_receiver_that_asks_for_a_wait_of_a_date_that_is_none_stops_no_other(
        hook: Hook, post: Post, receiver: Receiver) -> None:
    hook(receiver)
    receiver.fails(503, Retry_After="Fri, 1 Jan 9999999999 00:00:00 GMT")
    post.category("Watches")
    post.go()
    [state] = fetch(select(WebhookMessage.attempts, WebhookMessage.state))
    assert tuple(state) == (1, "pending")


def test_410_disables_the_webhook_and_active_brings_it_back(hook: Hook, post: Post, receiver: Receiver) -> None:
    webhook = hook(receiver)
    receiver.fails(410)
    post.category("Watches")
    post.go()
    assert webhook.row["state"] == "disabled"
    receiver.recovers()
    post.category("Missed")
    assert post.go() == 0
    assert webhook.change(state="active").status_code == 200
    post.category("Clocks")
    post.go()
    assert receiver.names == ["Watches", "Clocks"]


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 500])
def test_whatever_is_not_2xx_is_a_failure_and_no_redirect_is_followed(hook: Hook, post: Post, receiver: Receiver,
                                                                      status: int) -> None:
    webhook = hook(receiver)
    with receiving() as elsewhere:
        receiver.fails(status, Location=elsewhere.url)
        post.category("Watches")
        post.go()
        assert elsewhere.taken == []
    [delivery] = webhook.deliveries
    assert (delivery["state"], delivery["lastStatus"]) == ("pending", status)


def test_a_receiver_that_is_not_there_is_a_failure(hook: Hook, post: Post) -> None:
    with receiving() as gone:
        pass
    webhook = hook(gone)
    post.category("Watches")
    post.go()
    [delivery] = webhook.deliveries
    assert (delivery["state"], delivery["lastStatus"]) == ("pending", None)
    assert delivery["lastError"].startswith("no connection")


def test_an_address_that_leads_inside_is_never_called_and_says_so(people: Callers, hook: Hook, post: Post,
                                                                  receiver: Receiver) -> None:
    webhook = hook(receiver)
    post.category("Watches")
    post.go(OutwardClient(OutwardRules()))
    assert receiver.taken == []
    assert "https" in webhook.deliveries[0]["lastError"]


def test_a_paused_webhook_is_sent_nothing_until_it_is_active_again(hook: Hook, post: Post, receiver: Receiver) -> None:
    webhook = hook(receiver)
    webhook.change(state="paused")
    post.category("Watches")
    assert post.go() == 0
    assert [one["state"] for one in webhook.deliveries] == ["pending"]
    webhook.change(state="active")
    post.go()
    assert receiver.names == ["Watches"]


def test_a_person_who_is_not_active_is_sent_nothing(people: Callers, hook: Hook, post: Post,
                                                    receiver: Receiver) -> None:
    webhook = hook(receiver)
    post.category("Before")
    _lock(webhook.client)
    post.category("After")
    assert post.go() == 0
    assert fetch(select(WebhookMessage.state).where(WebhookMessage.endpoint_id == webhook.id)) == []


def test_what_was_owed_to_a_person_who_is_no_more_active_is_withheld(hook: Hook, post: Post,
                                                                     receiver: Receiver) -> None:
    webhook = hook(receiver)
    receiver.fails()
    post.category("Watches")
    post.go()
    _lock(webhook.client)
    with moved_clock(minutes=13):
        assert post.go() == 0
    assert [row.state for row in fetch(select(WebhookMessage.state))] == ["withheld"]


def test_both_secrets_sign_for_a_day_after_a_rotation(hook: Hook, post: Post, receiver: Receiver) -> None:
    webhook = hook(receiver)
    second = webhook.post("rotations").json["secret"]
    post.category("Watches")
    post.go()
    for secret in (webhook.secret, second):
        receiver.taken[0].verified_by(secret)
    webhook.post("tests")
    with moved_clock(hours=25):
        post.go()
    assert len(receiver.taken[1].headers["webhook-signature"].split()) == 1


def test_of_three_secrets_the_oldest_ends_at_once(hook: Hook, post: Post, receiver: Receiver) -> None:
    webhook = hook(receiver)
    second = webhook.post("rotations").json["secret"]
    third = webhook.post("rotations").json["secret"]
    post.category("Watches")
    post.go()
    [came] = receiver.taken
    came.verified_by(second)
    came.verified_by(third)
    with pytest.raises(Exception, match="No matching signature"):
        came.verified_by(webhook.secret)


def test_a_test_message_verifies(hook: Hook, post: Post, receiver: Receiver) -> None:
    webhook = hook(receiver)
    assert webhook.post("tests").status_code == 201
    post.go()
    assert receiver.taken[0].verified_by(webhook.secret)["type"] == "webhooks.test"
    assert webhook.deliveries[0]["state"] == "delivered"


def test_one_delivery_and_a_range_are_sent_once_more_under_their_ids(hook: Hook, post: Post,
                                                                    receiver: Receiver) -> None:
    webhook = hook(receiver)
    category = post.category("0")
    for number in (1, 2):
        post.retitle(category, str(number))
    post.go()
    former = list(receiver.ids)
    deliveries = webhook.deliveries
    assert webhook.post("replays", deliveryId=deliveries[1]["id"]).json["webhookReplay"]["replayed"] == 1
    post.go()
    assert receiver.ids[3:] == [former[1]]
    answer = webhook.post("replays", firstPosition=deliveries[0]["position"], lastPosition=deliveries[1]["position"])
    assert answer.json["webhookReplay"]["replayed"] == 2
    post.go()
    assert receiver.ids[4:] == former[:2]
    assert webhook.post("replays", lastPosition=0).json["webhookReplay"]["replayed"] == 0


def test_a_message_that_waits_is_tried_at_once_when_it_is_replayed(hook: Hook, post: Post, receiver: Receiver) -> None:
    webhook = hook(receiver)
    receiver.fails()
    post.category("Watches")
    post.go()
    receiver.recovers()
    webhook.post("replays", deliveryId=webhook.deliveries[0]["id"])
    post.go()
    assert [one["state"] for one in webhook.deliveries] == ["delivered"]


def test_nobody_waits_for_a_receiver_that_never_answers(people: Callers, hook: Hook, post: Post) -> None:
    """FD-19 in small: the whole of it, 50 receivers and 5,000 deliveries, is `bench run --only webhooks`."""
    others_have_all = threading.Event()
    with ExitStack() as stack:
        receivers = [stack.enter_context(receiving()) for _ in range(6)]
        silent, others = receivers[0], receivers[1:]
        hooks = [hook(receiver) for receiver in receivers]
        waited: list[bool] = []

        def answer_when_all_have_theirs(_: Delivery) -> Answer:
            waited.append(others_have_all.wait(150))
            return 204, {}

        def counted(_: Delivery) -> Answer:
            if sum(len(one.taken) for one in others) >= 5 * 12:
                others_have_all.set()
            return 204, {}

        silent.answer = answer_when_all_have_theirs
        for one in others:
            one.answer = counted
        for number in range(12):
            post.category(str(number))
        post.go(replace(CLIENT, total_seconds=200))
        assert all(waited)
        assert silent.most_at_once <= sending.AT_ONCE
        assert [len(one.deliveries) for one in hooks] == [12] * 6


def test_a_batch_of_events_reads_no_endpoint_unless_one_was_changed(
        hook: Hook, post: Post, receiver: Receiver,
        count_statements: Callable[[], AbstractContextManager[list[str]]]) -> None:
    """However many there are, the sender remembers who has chosen what; each change is heeded at once."""
    def all_are_read() -> bool:
        relay_all()
        with count_statements() as statements:
            assert owe_new_events("marketplace") > 0
        return any("webhook_endpoint.client_id, webhook_endpoint.topics" in one for one in statements)

    with receiving() as other:
        ended = hook(receiver)
        post.category("0")
        assert all_are_read()
        post.category("1")
        assert not all_are_read()
        hook(other)
        post.category("2")
        assert all_are_read()
        assert ended.client.delete(f"{HOOKS}/{ended.id}").status_code == 200
        category = post.category("3")
        post.retitle(category, "4")
        assert all_are_read()
        post.go()
        assert (receiver.names, sorted(other.names)) == ([], ["2", "3", "4"])


def test_a_sender_that_is_killed_loses_nothing(hook: Hook, post: Post, receiver: Receiver) -> None:
    webhook = hook(receiver)
    category = post.category("0")
    post.retitle(category, "1")
    relay_all()
    owe_new_events("marketplace")
    claimed = sending.claim({}, "", 10)
    assert len(claimed.parcels) == 1
    assert post.go() == 0, "who was killed has it to himself until the lease is over"
    with moved_clock(seconds=sending.LEASE.total_seconds() + 1):
        post.go()
    assert receiver.names == ["0", "1"]
    assert [one["state"] for one in webhook.deliveries] == ["delivered", "delivered"]


def test_the_same_events_are_owed_once_whoever_reads_them_how_often(hook: Hook, post: Post,
                                                                   receiver: Receiver) -> None:
    hook(receiver)
    for number in range(5):
        post.category(str(number))
    post.go()
    post.go()
    assert len(receiver.taken) == len(set(receiver.ids)) == 5


def test_after_a_day_of_failures_a_letter_is_written_once_and_after_three_the_webhook_is_suspended(
        hook: Hook, post: Post, receiver: Receiver) -> None:
    webhook = hook(receiver)
    receiver.fails()
    post.category("Watches")
    post.go()
    with moved_clock(hours=23):
        run_job("suspend-webhooks")
    assert _letters(webhook) == []
    for hours in (25, 26):
        with moved_clock(hours=hours):
            run_job("suspend-webhooks")
    assert _letters(webhook) == ["WEBHOOK_FAILING"]
    assert webhook.row["state"] == "active"
    for hours in (73, 74):
        with moved_clock(hours=hours):
            run_job("suspend-webhooks")
    assert sorted(_letters(webhook)) == ["WEBHOOK_FAILING", "WEBHOOK_SUSPENDED"]
    assert webhook.row["state"] == "suspended"
    receiver.recovers()
    webhook.change(state="active")
    post.go()
    assert receiver.names[-1] == "Watches"
    assert webhook.row["failingSince"] is None


def test_a_letter_that_cannot_be_written_keeps_no_other_webhook_from_being_suspended(
        hook: Hook, post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = sorted((hook(receiver), hook(receiver)), key=lambda webhook: webhook.id)
    receiver.fails()
    post.category("Watches")
    post.go()
    written = jobs._write
    monkeypatch.setattr(jobs, "_write", lambda work, endpoint: 1 / 0 if endpoint.id == first.id
                        else written(work, endpoint))
    with moved_clock(hours=73):
        run_job("suspend-webhooks")
    assert (first.row["state"], second.row["state"]) == ("active", "suspended")


def test_a_success_ends_what_a_webhook_is_told_of(hook: Hook, post: Post, receiver: Receiver) -> None:
    webhook = hook(receiver)
    receiver.fails()
    post.category("Watches")
    post.go()
    receiver.recovers()
    with moved_clock(minutes=13):
        post.go()
    with moved_clock(hours=80):
        run_job("suspend-webhooks")
    assert _letters(webhook) == []
    assert webhook.row["state"] == "active"


def test_messages_are_held_for_seven_days(hook: Hook, post: Post, receiver: Receiver) -> None:
    webhook = hook(receiver)
    webhook.change(state="paused")
    post.category("Watches")
    post.go()
    with moved_clock(days=6):
        run_job("purge-webhooks")
    assert len(webhook.deliveries) == 1
    with moved_clock(days=8):
        run_job("purge-webhooks")
    assert webhook.deliveries == []


def test_what_waits_behind_a_message_that_was_removed_goes_out(hook: Hook, post: Post, receiver: Receiver) -> None:
    webhook = hook(receiver, CREATED, UPDATED)
    webhook.change(state="paused")
    category = post.category("Watches")
    post.go()
    post.retitle(category, "Clocks")
    with moved_clock(days=5):
        post.go()
    with moved_clock(days=8):
        run_job("purge-webhooks")
    webhook.change(state="active")
    post.go()
    assert receiver.names == ["Clocks"]
    assert [one["state"] for one in webhook.deliveries] == ["delivered"]


def _lock(client: ApiClient) -> None:
    with unit_of_work(system_actor("marketplace")) as work:
        account = work.lock(account_model("marketplace"), client.user_id)
        work.change(account, locked_until=now() + timedelta(days=9))
        work.commit()


def _letters(webhook: Webhook) -> list[str]:
    return [one["template"] for one in read_outbox(webhook.client.email)]

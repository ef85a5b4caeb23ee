"""NET-1 … NET-6: what may be asked of whom, how often, and for how long."""
from dataclasses import replace
from datetime import timedelta

import pytest

from app.actor import system_actor
from app.clock import moved_clock, now
from app.errors import RuleViolated, TooManyRequests
from app.jobs.worker import run_job
from app.runtime import runtime
from blueprints.network.networking import commands, queries
from blueprints.network.networking.entitlements import Entitlements
from blueprints.platform.auth.commands import lock_user
from tests.network.networking.circle import CONNECTIONS, REQUESTS, refused


@pytest.fixture
def limits(app, monkeypatch):
    """Call it with settings to change them for this application."""
    def change(**values):
        monkeypatch.setattr(runtime(), "settings", replace(runtime().settings, **values))
    return change


def invite(sender, receiver, **more):
    return commands.invite(sender.actor, receiver_user_id=receiver.user_id, **more)


def test_net_1_who_withdrew_is_barred_and_the_other_is_not(circle):
    circle.a.delete(f"{REQUESTS}/{circle.invited(circle.a, circle.b)}")
    assert refused(circle.invite(circle.a, circle.b)) == (400, "ReinviteTooSoon")
    assert circle.invite(circle.b, circle.a).status_code == 201


def test_net_1_who_was_rejected_is_barred_and_deleting_the_row_lifts_nothing(circle):
    request = circle.invited(circle.a, circle.b)
    assert circle.answer(circle.b, request, "rejected").json["connectionRequest"]["status_idx"] == 2
    assert circle.connections(circle.a) == []
    circle.a.delete(f"{REQUESTS}/{request}")
    assert refused(circle.invite(circle.a, circle.b)) == (400, "ReinviteTooSoon")
    with moved_clock(days=21):
        assert invite(circle.a, circle.b).status == "pending"


def test_net_1_the_receiver_who_deletes_a_pending_request_bars_its_sender(circle):
    circle.b.delete(f"{REQUESTS}/{circle.invited(circle.a, circle.b)}")
    assert refused(circle.invite(circle.a, circle.b)) == (400, "ReinviteTooSoon")


def test_net_1_a_rejected_request_that_stands_refuses_another_of_its_sender(circle):
    circle.answer(circle.b, circle.invited(circle.a, circle.b), "rejected")
    with moved_clock(days=22), pytest.raises(RuleViolated, match="already exists"):
        invite(circle.a, circle.b)


def test_net_1_disconnecting_bars_nobody(circle):
    circle.a.delete(f"{CONNECTIONS}/{circle.connect(circle.a, circle.b)}")
    assert circle.invite(circle.b, circle.a).status_code == 201


def test_net_2_a_crossing_request_is_refused_and_accepts_nothing(circle):
    circle.invited(circle.a, circle.b)
    assert refused(circle.invite(circle.b, circle.a)) == (400, "ConnectionRequestExists")
    assert circle.connections(circle.a) == []


def test_net_3_who_is_connected_gets_the_connection_and_no_dbevent(circle, sent):
    made = circle.connect(circle.a, circle.b)
    answer = circle.b.post(CONNECTIONS, json={"userId1": circle.b.user_id, "userId2": circle.a.user_id})
    assert (answer.status_code, answer.json["connection"]["id"]) == (201, made)
    assert len(sent("linkedin-networking-service-dbevent-connection-created")) == 1


def test_net_3_nobody_connects_without_an_accepted_request(circle):
    circle.invited(circle.a, circle.b)
    both = {"userId1": circle.a.user_id, "userId2": circle.b.user_id}
    assert circle.b.post(CONNECTIONS, json=both).status_code == 403
    same = {"userId1": circle.a.user_id, "userId2": circle.a.user_id}
    assert circle.a.post(CONNECTIONS, json=same).status_code == 400


def test_net_4_who_is_no_receiver_is_told_so_before_that_it_was_answered(circle):
    request = circle.invited(circle.a, circle.b)
    circle.answer(circle.b, request)
    assert circle.answer(circle.a, request).status_code == 403


def test_net_5_an_expired_request_cannot_be_answered_and_bars_nobody(circle):
    request = circle.invited(circle.a, circle.b)
    with moved_clock(days=180):
        with pytest.raises(RuleViolated) as expired:
            commands.answer_request(circle.b.actor, request, status="accepted")
        assert expired.value.err_code == "InvitationExpired"
        assert invite(circle.a, circle.b).status == "pending"


def test_net_5_the_job_removes_what_has_expired_and_nothing_else(circle, sent):
    late = circle.invited(circle.a, circle.b)
    with moved_clock(days=100):
        kept = invite(circle.a, circle.c).id
    with moved_clock(days=181):
        run_job("expire-invitations")
        assert [event.key for event in sent("linkedin-networking-service-dbevent-connectionrequest-deleted")] == [late]
        assert commands.answer_request(circle.c.actor, kept, status="accepted").status == "accepted"


def test_net_6_the_limits_are_100_a_week_5_notes_a_month_and_30000_connections(app):
    settings = runtime().settings
    assert (settings.invitations_per_week, settings.notes_per_month, settings.connections_per_person) == (
        100, 5, 30_000)


def test_net_6_a_week_has_so_many_invitations_and_withdrawn_ones_count(circle, limits):
    limits(invitations_per_week=2)
    circle.a.delete(f"{REQUESTS}/{circle.invited(circle.a, circle.b)}")
    circle.invited(circle.a, circle.c)
    answer = circle.invite(circle.a, circle.d)
    assert refused(answer) == (429, "TooManyInvitations")
    assert 0 < int(answer.headers["Retry-After"]) <= 7 * 86_400
    with moved_clock(days=7):
        assert invite(circle.a, circle.d).status == "pending"


def test_net_6_a_week_is_a_rolling_one(circle, limits):
    limits(invitations_per_week=2)
    circle.invited(circle.a, circle.b)
    with moved_clock(days=4):
        invite(circle.a, circle.c)
        with pytest.raises(TooManyRequests):
            invite(circle.a, circle.d)
    with moved_clock(days=7, seconds=1):
        invite(circle.a, circle.d)
        with pytest.raises(TooManyRequests):
            invite(circle.a, circle.person("eve"))


def test_net_6_notes_are_few_but_for_premium(circle, limits):
    limits(notes_per_month=1)
    circle.invited(circle.a, circle.b, message="Hello")
    assert refused(circle.invite(circle.a, circle.c, message="Hello")) == (400, "TooManyInvitationNotes")
    circle.invited(circle.a, circle.c)
    with moved_clock(days=30, seconds=1):
        assert invite(circle.a, circle.d, message="Hello").message == "Hello"
    runtime().keep(Entitlements(lambda user_id: user_id == circle.a.user_id))
    try:
        circle.invited(circle.a, circle.person("eve"), message="Hello")
    finally:
        runtime().keep(Entitlements())


@pytest.mark.parametrize("full", ["sender", "receiver"])
def test_net_6_both_sides_may_have_so_many_connections(circle, limits, full):
    limits(connections_per_person=1)
    circle.connect(circle.a, circle.c)
    request = circle.invited(circle.a, circle.b) if full == "sender" else circle.invited(circle.b, circle.a)
    receiver = circle.b if full == "sender" else circle.a
    assert refused(circle.answer(receiver, request)) == (400, "TooManyConnections")
    assert circle.answer(receiver, request, "rejected").status_code == 200


def test_an_inactive_person_is_not_invited_and_does_not_invite(circle):
    lock_user(system_actor("network"), circle.b.user_id, now() + timedelta(days=1))
    assert circle.invite(circle.a, circle.b).status_code == 404
    assert circle.invite(circle.b, circle.a).status_code == 401


def test_what_somebody_wrote_rests_with_him(circle):
    request = circle.invited(circle.a, circle.b, message="Buy my things")
    lock_user(system_actor("network"), circle.a.user_id, now() + timedelta(days=1))
    assert circle.b.get(f"{REQUESTS}/{request}").status_code == 404
    assert circle.b.get(REQUESTS).json["connectionRequests"] == []
    assert circle.answer(circle.b, request).status_code == 404
    assert circle.answer(circle.b, request, "rejected").status_code == 200


def test_an_unknown_person_is_not_invited(circle):
    missing = circle.a.post(REQUESTS, json={"receiverUserId": "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"})
    assert missing.status_code == 404
    assert queries.connection_count(circle.a.user_id) == 0

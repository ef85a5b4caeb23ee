"""Scenarios 1–13 of rules-network §8, as network.md amends them."""
from app.clock import moved_clock
from blueprints.network.networking import commands
from tests.network.networking.circle import CONNECTIONS, REQUESTS, refused, said


def test_scenario_1_a_visitor_sees_no_connections(client):
    assert client.get(CONNECTIONS).status_code == 401


def test_scenario_2_a_request_is_pending_and_names_both(circle):
    answer = circle.invite(circle.a, circle.b, message="Hi")
    row = answer.json["connectionRequest"]
    assert answer.status_code == 201
    assert (answer.json["dataName"], answer.json["action"]) == ("connectionRequest", "create")
    assert (row["senderUserId"], row["receiverUserId"]) == (circle.a.user_id, circle.b.user_id)
    assert (row["status"], row["status_idx"], row["respondedAt"], row["isActive"]) == ("pending", 0, None, True)
    assert row["sentAt"]
    assert row["message"] == "Hi"


def test_scenario_3_a_request_is_pending_whatever_is_sent(circle):
    answer = circle.invite(circle.a, circle.c, status="accepted", respondedAt="2020-01-01T00:00:00Z")
    assert answer.status_code == 201
    assert answer.json["connectionRequest"]["status"] == "pending"
    assert answer.json["connectionRequest"]["respondedAt"] is None


def test_scenario_4_nobody_connects_to_himself(circle):
    assert said(circle.invite(circle.a, circle.a)) == (400, "Cannot connect to yourself.")


def test_scenario_5_a_second_request_is_refused_both_ways(circle):
    circle.invited(circle.a, circle.b)
    assert circle.invite(circle.a, circle.b).status_code == 400
    assert said(circle.invite(circle.b, circle.a)) == (400, "Active connection request already exists.")


def test_scenario_6_the_receiver_alone_answers(circle):
    request = circle.invited(circle.a, circle.b)
    assert circle.answer(circle.a, request).status_code == 403
    assert circle.answer(circle.c, request).status_code == 403
    assert circle.c.get(f"{REQUESTS}/{request}").status_code == 403


def test_scenario_7_an_answer_is_accepted_or_rejected(circle):
    request = circle.invited(circle.a, circle.b)
    for body in ({}, {"status": "pending"}, {"status": "bogus"}):
        assert circle.b.patch(f"{REQUESTS}/{request}", json=body).status_code == 400


def test_scenario_8_accepting_connects_the_two(circle):
    request = circle.invited(circle.a, circle.b)
    answered = circle.answer(circle.b, request).json["connectionRequest"]
    assert answered["status_idx"] == 1
    assert answered["respondedAt"]
    for person in (circle.a, circle.b):
        [row] = circle.connections(person)
        assert [row["userId1"], row["userId2"]] == sorted((circle.a.user_id, circle.b.user_id))
        assert row["connectedSince"]
    assert circle.connections(circle.c) == []


def test_scenario_9_an_answer_is_final(circle):
    request = circle.invited(circle.a, circle.b)
    circle.answer(circle.b, request)
    assert said(circle.answer(circle.b, request, "rejected")) == (400, "Request already responded to.")


def test_scenario_10_who_is_connected_is_not_invited(circle):
    circle.connect(circle.a, circle.b)
    assert said(circle.invite(circle.a, circle.b)) == (400, "Users are already connected.")


def test_scenario_11_either_breaks_a_connection_and_may_invite_again(circle):
    path = f"{CONNECTIONS}/{circle.connect(circle.a, circle.b)}"
    assert circle.c.delete(path).status_code == 403
    gone = circle.a.delete(path)
    assert (gone.status_code, gone.json["connection"]["isActive"]) == (200, False)
    assert circle.a.get(path).status_code == 404
    assert circle.connections(circle.b) == []
    assert circle.invite(circle.a, circle.b).status_code == 201


def test_scenario_12_a_withdrawn_request_can_be_sent_again_after_21_days(circle):
    request = circle.invited(circle.a, circle.c)
    assert circle.d.delete(f"{REQUESTS}/{request}").status_code == 403
    gone = circle.a.delete(f"{REQUESTS}/{request}")
    assert (gone.status_code, gone.json["connectionRequest"]["isActive"]) == (200, False)
    assert circle.c.get(f"{REQUESTS}/{request}").status_code == 404
    assert refused(circle.invite(circle.a, circle.c)) == (400, "ReinviteTooSoon")
    with moved_clock(days=21):
        assert commands.invite(circle.a.actor, receiver_user_id=circle.c.user_id).status == "pending"


def test_scenario_13_nobody_connects_two_others_or_sees_their_requests(circle):
    assert circle.a.post(CONNECTIONS, json={
        "userId1": circle.b.user_id, "userId2": circle.c.user_id}).status_code == 403
    own = {circle.invited(circle.a, circle.b), circle.invited(circle.d, circle.a)}
    circle.invited(circle.b, circle.c)
    rows = circle.a.get(f"{REQUESTS}?status=pending").json["connectionRequests"]
    assert {row["id"] for row in rows} == own
    assert circle.a.get(f"{REQUESTS}?status=accepted").json["connectionRequests"] == []


def test_scenario_48_connections_come_in_pages(circle):
    for other in (circle.b, circle.c, circle.d):
        circle.connect(circle.a, other)
    whole = circle.a.get(CONNECTIONS).json
    page = circle.a.get(f"{CONNECTIONS}?pageRowCount=1&pageNumber=2").json
    assert (whole["paging"]["pageNumber"], whole["paging"]["pageRowCount"]) == (1, 25)
    assert [row["id"] for row in page["connections"]] == [whole["connections"][1]["id"]]
    assert page["paging"]["totalRowCount"] == whole["paging"]["totalRowCount"] == 3
    assert len(circle.a.get(f"{CONNECTIONS}?pageNumber=0").json["connections"]) == 3


def test_scenario_49_what_is_malformed_or_gone_is_not_found(circle):
    request = circle.invited(circle.a, circle.b)
    assert circle.a.get(f"{REQUESTS}/no-id").status_code == 400
    assert circle.a.delete(f"{REQUESTS}/{request}").status_code == 200
    for method in ("GET", "PATCH", "DELETE"):
        answer = circle.b.request(method, f"{REQUESTS}/{request}",
                                  **({"json": {"status": "accepted"}} if method == "PATCH" else {}))
        assert answer.status_code == 404


def test_scenario_50_each_success_sends_one_event_and_a_refusal_none(circle, sent):
    request = circle.invited(circle.a, circle.b)
    circle.invite(circle.a, circle.b)
    circle.answer(circle.b, request)
    [created] = sent("linkedin-networking-service-connectionrequest-created")
    assert created.payload["connectionRequest"]["id"] == request
    assert len(sent("linkedin-networking-service-connectionrequest-updated")) == 1
    [made] = sent("linkedin-networking-service-dbevent-connection-created")
    assert made.payload["userId1"] < made.payload["userId2"]

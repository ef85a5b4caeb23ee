"""How a stream is asked for, and what is refused, the same in both realms (rules-platform §7.5, FD-14, FD-15)."""
import pytest

from app.clock import moved_clock
from app.data.ids import uuid7
from app.settings import REALM_CODENAMES
from tests.event_streams import events_in

OBJECTS = {"marketplace": ("ebaycclone-productlisting-service-dbevent-productlistingproduct-updated",
                           "productListingProduct"),
           "network": ("linkedin-profile-service-dbevent-profile-updated", "profile")}


@pytest.fixture
def topic(realm):
    return OBJECTS[realm][0]


@pytest.fixture
def subscribe(realm):
    return f"/{realm}/realtime/subscribe?topics="


@pytest.fixture
def ticket_of(realm):
    def issued(user):
        answer = user.post(f"/{realm}/realtime/tickets")
        assert answer.status_code == 201, answer.json
        assert answer.json["expiresIn"] == 60
        return answer.json["ticket"]
    return issued


def refusal(answer):
    assert answer.content_type == "application/json"
    return answer.status_code, answer.json["errCode"]


def test_a_visitor_is_refused_what_needs_a_login_and_what_does_not_exist_alike(client, subscribe, topic):
    said = {refusal(client.get(subscribe + name)) for name in (topic, "no-such-topic", "profile/x", "")}
    assert said == {(401, "LoginRequired")}


def test_topics_are_needed(people, subscribe):
    answer = people.user().get(subscribe)
    assert refusal(answer) == (400, "ValidationError")
    assert answer.json["detail"].keys() == {"topics"}


def test_more_than_fifty_topics_are_refused(people, subscribe, realm):
    names = ",".join(f"{OBJECTS[realm][1]}/{uuid7()}" for _ in range(51))
    assert refusal(people.user().get(subscribe + names)) == (400, "ValidationError")


def test_what_one_may_not_read_is_refused_as_what_does_not_exist(people, subscribe, topic, realm):
    """No answer tells which ids and objects there are (FD-14)."""
    someone, other = people.user("ben"), people.user("cleo")
    hidden = f"user/{other.user_id}x", f"user/{uuid7()}", f"{topic}:{uuid7()}", "login_session/1", "outbox_record/1"
    answers = [someone.get(subscribe + name) for name in (*hidden, f"{topic}x", f"elastic-index-{topic}")]
    assert {refusal(answer) for answer in answers} == {(400, "ValidationError")}
    words = {answer.json["message"].split(" ", 2)[2] for answer in answers}
    assert len(words) == 1, words


@pytest.mark.parametrize("short", ["user-service-email-verification-start", "auth-service-user-registered",
                                   "notification-service-send-email"])
def test_no_topic_of_codes_and_letters_can_be_followed(people, subscribe, realm, short):
    assert refusal(people.super_admin().get(f"{subscribe}{REALM_CODENAMES[realm]}-{short}")) == (400, "ValidationError")


def test_a_token_of_the_other_realm_is_nobodys(callers, subscribe, topic, realm):
    other = "network" if realm == "marketplace" else "marketplace"
    assert refusal(callers.user(realm=other).get(subscribe + topic)) == (401, "LoginRequired")


def test_a_foreign_page_opens_no_stream_by_the_cookie(client, people, subscribe, topic, realm):
    cookie = f"{REALM_CODENAMES[realm]}-access-token={people.user().token}"
    answer = client.get(subscribe + topic, headers={"Cookie": cookie, "Origin": "https://evil.example"})
    assert refusal(answer) == (403, "OriginNotAllowed")
    assert client.get(subscribe + topic, headers={"Cookie": cookie}).status_code == 200


def test_a_ticket_needs_a_login(client, realm):
    assert refusal(client.post(f"/{realm}/realtime/tickets")) == (401, "LoginRequired")


@pytest.mark.parametrize("ticket", ["", "x", "x" * 5000, "%00", "%D7%90"])
def test_an_invented_ticket_opens_nothing(client, subscribe, topic, ticket):
    assert refusal(client.get(f"{subscribe}{topic}&ticket={ticket}")) == (401, "LoginRequired")


def test_a_ticket_opens_one_stream(client, people, subscribe, topic, ticket_of):
    path = f"{subscribe}{topic}&ticket={ticket_of(people.user())}"
    assert client.get(path).status_code == 200
    assert refusal(client.get(path)) == (401, "LoginRequired")


def test_a_ticket_of_somebody_who_logged_out_opens_nothing(client, people, subscribe, topic, ticket_of, realm):
    user = people.user()
    ticket = ticket_of(user)
    user.post(f"/{realm}/auth-api/logout")
    assert refusal(client.get(f"{subscribe}{topic}&ticket={ticket}")) == (401, "LoginRequired")


def test_a_ticket_of_the_other_realm_opens_nothing(client, callers, people, subscribe, topic, ticket_of, realm):
    other = "network" if realm == "marketplace" else "marketplace"
    ticket = callers.user(realm=other).post(f"/{other}/realtime/tickets").json["ticket"]
    assert refusal(client.get(f"{subscribe}{topic}&ticket={ticket}")) == (401, "LoginRequired")


def test_a_ticket_is_kept_for_a_minute_as_a_hash(app, people, ticket_of):
    from app.runtime import runtime

    user = people.user()
    ticket = ticket_of(user)
    [key] = runtime().redis.keys("guildhall:stream-ticket:*")
    assert ticket.encode() not in key
    assert user.token.encode() not in runtime().redis.get(key)
    assert 0 < runtime().redis.ttl(key) <= 60


def test_a_server_that_holds_no_streams_tells_what_was_missed_and_closes(people, subscribe, topic):
    """`flask run`, and this client: an EventSource comes again, by `retry` and the id."""
    answer = people.user().get(subscribe + topic)
    assert answer.content_type.startswith("text/event-stream")
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.headers["Cache-Control"] == "no-store, no-transform"
    [start] = events_in(answer.text)
    assert (start.name, start.data) == ("start", {})
    assert answer.text.startswith("retry: ")
    [start_again] = events_in(people.user().get(subscribe + topic, headers={"Last-Event-ID": start.id}).text)
    assert (start_again.name, start_again.id) == ("start", start.id)


@pytest.mark.parametrize("last", ["x", "-1", "9" * 30, "99999999999999999", "٣"])
def test_a_last_event_that_is_not_known_is_answered_by_reset(people, subscribe, topic, last):
    told = events_in(people.user().get(f"{subscribe}{topic}&lastEventId={last}").text)
    assert [event.name for event in told] == ["reset"]


def test_head_opens_nothing(people, streams, subscribe, topic):
    answer = streams.open(subscribe + topic, people.user().token, method="HEAD").is_closed()
    assert (answer.status, answer.text) == (200, "")
    assert len(streams.server.streams) == 0


def test_a_token_that_has_expired_opens_nothing(people, subscribe, topic):
    user = people.user()
    with moved_clock(hours=25):
        assert refusal(user.get(subscribe + topic)) == (401, "LoginRequired")

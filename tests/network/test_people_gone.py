"""Who is gone for good stays gone: what was shown of him is 404, groups go on, nobody gets his id (decision 093)."""
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.clock import moved_clock
from app.data.ids import uuid7
from app.data.person_rows import NOBODY
from app.data.reads import fetch
from app.events.event_delivery import Event
from blueprints.network.company.counting import differences as followers_counted
from blueprints.network.content import feed_items
from blueprints.network.content.checks import differences
from blueprints.network.content.topics import COMMENT_UPDATED
from blueprints.network.messaging.models import Conversation, Message, Participant, Receipt
from blueprints.platform.auth.commands import archive_profile, delete_user, purge_archived
from tests.clients import PASSWORD, ApiClient, Callers
from tests.network.company.pages import Row, ok, refused
from tests.network.content.test_feed import feed_of
from tests.network.content.wall import CONTENT, Wall
from tests.network.job_application.offers import BAKER, POSTINGS
from tests.network.messaging.chat import Chat
from tests.network.profile.cards import PROFILES, write

USERS = "/network/auth-api/v1/users"


@pytest.fixture
def wall(callers: Callers) -> Wall:
    return Wall(callers)


@pytest.fixture
def chat(callers: Callers) -> Chat:
    return Chat(callers)


def left_by(wall: Wall, person: ApiClient, there: Row) -> list[str]:
    """Return the addresses of all that somebody has shown: a post, a comment, a profile, a posting; he also likes."""
    posting = ok(person.post(POSTINGS, json=BAKER | {"companyName": "Home"}), 201)["jobPosting"]
    wall.liked(person, there)
    return [f"{CONTENT}/posts/{wall.posted(person)['id']}", f"{CONTENT}/comments/{wall.commented(person, there)['id']}",
            f"{PROFILES}/{write(person)['id']}", f"{POSTINGS}/{posting['id']}"]


def shown_to(reader: ApiClient, addresses: list[str]) -> set[int]:
    """Return with what all these addresses are answered."""
    return {reader.get(address).status_code for address in addresses}


def listed_for(reader: ApiClient) -> list[int]:
    """Return how many posts, comments, likes, profiles and postings somebody's lists have."""
    return [ok(reader.get(path))["rowCount"] for path in (
        f"{CONTENT}/posts", f"{CONTENT}/comments", f"{CONTENT}/likes", PROFILES, POSTINGS)]


def test_net_8_what_a_deleted_person_showed_does_not_come_back_after_a_week(
        callers: Callers, wall: Wall, settle: Callable[[], None]) -> None:
    there = wall.posted(wall.c)
    addresses = left_by(wall, wall.a, there)
    assert (shown_to(wall.b, addresses), listed_for(wall.b)) == ({200}, [2, 1, 1, 1, 1])
    delete_user(wall.s.actor, wall.a.user_id)
    assert (shown_to(wall.b, addresses), listed_for(wall.b)) == ({404}, [1, 0, 0, 0, 0])
    settle()
    with moved_clock(days=8):
        late = callers.user("eve", realm="network")
        assert (shown_to(late, addresses), listed_for(late)) == ({404}, [1, 0, 0, 0, 0])
        shown = ok(wall.read(late, there))["post"]
        assert (shown["likeCount"], shown["commentCount"]) == (0, 0)
    assert differences(10) == feed_items.differences(10) == []


def test_net_8_who_archives_himself_and_returns_has_all_that_he_showed(
        wall: Wall, client: ApiClient, settle: Callable[[], None]) -> None:
    addresses = left_by(wall, wall.a, wall.posted(wall.c))
    archive_profile(wall.a.actor, wall.a.user_id)
    settle()
    assert shown_to(wall.b, addresses) == {404}
    back = client.post("/network/auth-api/login", json={"username": wall.a.email, "password": PASSWORD})
    assert back.status_code == 200
    settle()
    assert (shown_to(wall.b, addresses), listed_for(wall.b)) == ({200}, [2, 1, 1, 1, 1])


def test_of_a_purged_person_nothing_is_shown_while_the_event_is_on_its_way(
        callers: Callers, wall: Wall, settle: Callable[[], None],
        sent: Callable[[str], list[Event]]) -> None:
    there = wall.posted(wall.c)
    addresses = left_by(wall, wall.a, there)
    archive_profile(wall.a.actor, wall.a.user_id)
    settle()
    with moved_clock(days=31):
        assert purge_archived("network") == 1
        late = callers.user("eve", realm="network")
        assert (shown_to(late, addresses), listed_for(late)) == ({404}, [1, 0, 0, 0, 0])
        settle()
        assert (shown_to(late, addresses), listed_for(late)) == ({404}, [1, 0, 0, 0, 0])
    assert differences(10) == feed_items.differences(10) == []
    assert sent(COMMENT_UPDATED.replace("updated", "deleted")) == []  # nothing says the words once more


def test_a_companys_post_and_news_outlive_whoever_wrote_them(
        callers: Callers, wall: Wall, settle: Callable[[], None]) -> None:
    acme = wall.pages.found(wall.b, name="Acme")
    ok(wall.pages.assign(wall.b, acme, wall.a), 201)
    wall.pages.followed(wall.c, acme)
    post = wall.posted(wall.a, companyId=acme["id"])
    delete_user(wall.s.actor, wall.a.user_id)
    settle()
    with moved_clock(days=8):
        late = callers.user("eve", realm="network")
        assert ok(wall.read(late, post))["post"]["author"] is None
        wall.pages.followed(late, acme)
        assert feed_of(late) == [post["id"]]


def test_a_deleted_follower_is_counted_no_more_and_who_archives_himself_is(
        wall: Wall, settle: Callable[[], None]) -> None:
    acme = wall.pages.found(wall.c, name="Acme")
    for person in (wall.a, wall.b):
        wall.pages.followed(person, acme)
    delete_user(wall.s.actor, wall.a.user_id)
    archive_profile(wall.b.actor, wall.b.user_id)
    settle()
    shown = ok(wall.c.get(f"/network/company-api/v1/companies/{acme['id']}"))["company"]
    assert (shown["followerCount"], followers_counted(10)) == (1, [])


# --- groups ---


def test_net_24_a_deleted_creator_leaves_his_groups_to_who_has_been_there_longest(
        chat: Chat, settle: Callable[[], None]) -> None:
    group, pair = chat.group(), chat.pair()
    said = chat.written(chat.a, group)
    delete_user(chat.s.actor, chat.a.user_id)
    settle()
    left = ok(chat.see(chat.b, group))["conversation"]
    both = sorted((chat.b.user_id, chat.c.user_id))
    assert (left["participantIds"], left["creatorUserId"]) == (both, both[0])
    assert ok(chat.read(chat.c, said))["message"]["content"] == "hi"
    assert ok(chat.see(chat.b, pair))["conversation"]["participantIds"] == sorted((chat.a.user_id, chat.b.user_id))
    assert chat.unread(chat.b, group) == 1


def test_a_group_goes_with_the_last_who_is_purged(chat: Chat, settle: Callable[[], None]) -> None:
    group = chat.group()
    chat.written(chat.a, group)
    for person in (chat.a, chat.b, chat.c):
        archive_profile(person.actor, person.user_id)
    with moved_clock(days=31):
        purge_archived("network")
        settle()
    assert chat.s.get(f"/network/messaging-api/v1/conversations/{group['id']}").status_code == 404
    assert [fetch(select(model)) for model in (Conversation, Message, Participant, Receipt)] == [[]] * 4


def test_who_is_restored_has_what_a_purged_person_wrote_to_him(chat: Chat, settle: Callable[[], None]) -> None:
    pair = chat.pair()
    said = chat.written(chat.b, pair)
    delete_user(chat.s.actor, chat.a.user_id)
    archive_profile(chat.b.actor, chat.b.user_id)
    with moved_clock(days=31):
        purge_archived("network")
        settle()
    assert [row.id for row in fetch(select(Message.id))] == [said["id"]]


# --- ids ---


@pytest.mark.parametrize("role", ["admin", "super_admin"])
def test_nobody_gets_the_id_of_a_purged_person_and_reads_what_was_written_to_him(
        callers: Callers, chat: Chat, role: str) -> None:
    pair = chat.pair()
    chat.written(chat.b, pair)
    archive_profile(chat.a.actor, chat.a.user_id)
    with moved_clock(days=31):
        assert purge_archived("network") == 1
    staff = getattr(callers, role)(realm="network")
    for taken in (chat.a.user_id, NOBODY):
        body = {"email": "new@example.com", "password": PASSWORD, "fullname": "New", "userId": taken}
        assert refused(staff.post(USERS, json=body)) == (400, "DuplicateRecord")
        assert ok(staff.post(USERS, json=body | {"userId": uuid7(), "email": f"{uuid7()}@example.com"}), 201)


def test_the_id_of_one_realm_is_free_in_the_other(callers: Callers, chat: Chat) -> None:
    archive_profile(chat.a.actor, chat.a.user_id)
    with moved_clock(days=31):
        purge_archived("network")
    body = {"email": "new@example.com", "password": PASSWORD, "fullname": "New", "userId": chat.a.user_id}
    assert ok(callers.admin().post("/marketplace/auth-api/v1/users", json=body), 201)["user"]["id"] == chat.a.user_id

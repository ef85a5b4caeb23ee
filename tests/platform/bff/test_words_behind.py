"""Words of what stands behind a page or a post: comments and news are found by who sees what they stand behind."""
import pytest

from app.search.catalogue import search_index
from tests.clients import ApiClient, Callers
from tests.flow import settle
from tests.network.company.pages import Row, ok
from tests.network.content.wall import Wall
from tests.network.profile.cards import block
from tests.platform.bff.rows import ask, ids

pytestmark = pytest.mark.parametrize("realm", ["network"])


@pytest.fixture
def wall(callers: Callers, realm: str) -> Wall:
    return Wall(callers)


def said(wall: Wall, caller: ApiClient, post: Row, content: str = "A lighthouse") -> str:
    return str(ok(wall.comment(caller, post, content=content), 201)["comment"]["id"])


def found(caller: ApiClient, index: str, words: str = "lighthouse") -> set[str]:
    answer = ask(caller, "network", index, q=words)
    assert "degraded" not in answer
    return set(ids(answer))


def indexed(name: str) -> set[str]:
    search_index(name).refresh()
    return {id_ for id_, _ in search_index(name).versions()}


def test_a_comment_is_found_as_search_finds_by_who_sees_its_post(realm: str, wall: Wall) -> None:
    wall.circle.connect(wall.a, wall.b)
    public, near = wall.posted(wall.a), wall.posted(wall.a, visibility="private", audience="connections")
    comment, whispered = said(wall, wall.c, public), said(wall, wall.b, near)
    settle()
    assert indexed("comments") == {comment}
    assert [found(caller, "comment") for caller in (wall.a, wall.b, wall.c, wall.d)] == [
        {comment, whispered}, {comment, whispered}, {comment}, {comment}]
    assert found(wall.d, "comment", "lighthouses") == {comment}
    assert ask(wall.d, realm, "comment", q="lighthause ")["corrected"] == "lighthouse"


def test_a_block_hides_comments_of_either_and_those_on_posts_of_either(realm: str, wall: Wall) -> None:
    of_a, of_b = wall.posted(wall.a), wall.posted(wall.b)
    by_a, on_a = said(wall, wall.a, of_b), said(wall, wall.c, of_a)
    page = wall.pages.found(wall.a)
    on_page = said(wall, wall.c, wall.posted(wall.a, companyId=page["id"]))
    settle()
    block(wall.d, wall.a)
    assert [found(caller, "comment") for caller in (wall.d, wall.a, wall.s)] == [
        {on_page}, {by_a, on_a, on_page}, {by_a, on_a, on_page}]
    said(wall, wall.a, of_b, "A lighthause")
    settle()
    assert ask(wall.d, realm, "comment", q="lighthause ")["corrected"] == "lighthouse"
    assert "corrected" not in ask(wall.c, realm, "comment", q="lighthause ")


def test_comments_go_and_come_with_their_post_and_its_page(realm: str, wall: Wall) -> None:
    page = wall.pages.found(wall.a)
    own, of_page = wall.posted(wall.a), wall.posted(wall.a, companyId=page["id"])
    comment, other = said(wall, wall.c, own), said(wall, wall.c, of_page)
    settle()
    assert indexed("comments") == {comment, other}
    ok(wall.change(wall.a, own, visibility="private"))
    ok(wall.pages.change(wall.a, page, pageVisibility="private"))
    assert found(wall.d, "comment") == set()  # from the next request on, before the event
    settle()
    assert indexed("comments") == set()
    assert found(wall.a, "comment") == {comment, other}
    ok(wall.pages.change(wall.a, page, pageVisibility="public"))
    settle()
    assert indexed("comments") == {other}
    ok(wall.delete(wall.a, of_page))
    settle()
    assert indexed("comments") == set()


def test_news_are_found_by_who_sees_the_page_and_them(realm: str, wall: Wall) -> None:
    page = wall.pages.found(wall.a)
    public = wall.pages.published(page, content="A lighthouse")["id"]
    private = wall.pages.published(page, content="A lighthouse for friends", visibility="private")["id"]
    wall.pages.followed(wall.b, page)
    settle()
    assert indexed("news") == {public}
    assert [found(caller, "companyUpdate") for caller in (wall.a, wall.b, wall.d)] == [
        {public, private}, {public, private}, {public}]
    assert ask(wall.d, realm, "companyUpdate", q="lighthause ")["corrected"] == "lighthouse"
    ok(wall.pages.change(wall.a, page, pageVisibility="private"))
    assert found(wall.d, "companyUpdate") == set()
    settle()
    assert indexed("news") == set()
    assert found(wall.a, "companyUpdate") == {public, private}

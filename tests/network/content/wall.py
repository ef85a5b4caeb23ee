"""People who post, like and comment, as the tests meet them."""
from typing import Any

from werkzeug.test import TestResponse

from tests.clients import ApiClient, Callers
from tests.network.company.pages import Pages, Row, ok
from tests.network.networking.circle import Circle

CONTENT = "/network/content-api/v1"


class Wall:
    """A, B, C and D are whoever a scenario needs them for; S is the superAdmin (rules-network §8)."""

    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        self.pages, self.circle = Pages(callers), Circle(callers)
        self.a, self.b, self.c, self.d, self.s = (
            self.pages.a, self.pages.b, self.pages.c, self.pages.d, self.pages.s)

    def post(self, caller: ApiClient, **values: Any) -> TestResponse:
        """Publish a post."""
        return caller.post(f"{CONTENT}/posts", json={"content": "hello"} | values)

    def posted(self, caller: ApiClient | None = None, **values: Any) -> Row:
        """Publish a post as A or another one, and return it."""
        return ok(self.post(caller or self.a, **values), 201)["post"]

    def read(self, caller: ApiClient, post: Row) -> TestResponse:
        """GET a post."""
        return caller.get(f"{CONTENT}/posts/{post['id']}")

    def change(self, caller: ApiClient, post: Row, **values: Any) -> TestResponse:
        """PATCH a post."""
        return caller.patch(f"{CONTENT}/posts/{post['id']}", json=values)

    def delete(self, caller: ApiClient, post: Row) -> TestResponse:
        """DELETE a post."""
        return caller.delete(f"{CONTENT}/posts/{post['id']}")

    def like(self, caller: ApiClient, post: Row) -> TestResponse:
        """Like a post."""
        return caller.post(f"{CONTENT}/likepost", json={"postId": post["id"]})

    def liked(self, caller: ApiClient, post: Row) -> Row:
        """Like a post, and return the like."""
        return ok(self.like(caller, post), 201)["like"]

    def unlike(self, caller: ApiClient, like: Row) -> TestResponse:
        """Take a like back."""
        return caller.delete(f"{CONTENT}/unlikepost/{like['id']}")

    def comment(self, caller: ApiClient, post: Row, under: Row | None = None, **values: Any) -> TestResponse:
        """Comment on a post, or answer a comment."""
        parent = {"parentCommentId": under["id"]} if under else {}
        return caller.post(f"{CONTENT}/comments", json={"postId": post["id"], "content": "nice"} | parent | values)

    def commented(self, caller: ApiClient, post: Row, under: Row | None = None) -> Row:
        """The same, and return the comment."""
        return ok(self.comment(caller, post, under), 201)["comment"]

    def read_comment(self, caller: ApiClient, comment: Row) -> TestResponse:
        """GET a comment."""
        return caller.get(f"{CONTENT}/comments/{comment['id']}")

    def change_comment(self, caller: ApiClient, comment: Row, **values: Any) -> TestResponse:
        """PATCH a comment."""
        return caller.patch(f"{CONTENT}/comments/{comment['id']}", json=values)

    def delete_comment(self, caller: ApiClient, comment: Row) -> TestResponse:
        """DELETE a comment."""
        return caller.delete(f"{CONTENT}/comments/{comment['id']}")

    def lists(self, caller: ApiClient, what: str, **filters: Any) -> list[str]:
        """Return the ids of a list, whole: posts, userposts, comments or likes."""
        answer = ok(caller.get(f"{CONTENT}/{what}", query_string={"pageNumber": 0, **filters}))
        return [row["id"] for row in answer[answer["dataName"]]]

    def counts(self, post: Row) -> tuple[int, int]:
        """Return how many likes and comments the post shows."""
        shown = ok(self.read(self.s, post))["post"]
        return shown["likeCount"], shown["commentCount"]

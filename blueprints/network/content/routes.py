"""URL map of content (contract documents 084–097; the feed is ours)."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.naming import ApiNames
from app.http.rate_limit import spend_one_act
from app.runtime import runtime
from blueprints.network.content import comments, feed, likes, posts, queries
from blueprints.network.content.models import Comment, Like, Post
from blueprints.network.content.policies import POLICIES
from blueprints.network.content.schemas import CommentChange, NewComment, NewLike, NewPost, PostChange
from blueprints.network.content.visibility import WHO_SEES

api = Routes(POLICIES, {
    "likePost": ApiNames("post-liked"),
    "listFeed": ApiNames("feed-listed", "posts"),
    "listUserPosts": ApiNames("userposts-listed", "posts"),
    "unlikePost": ApiNames("post-unliked")})

_POST, _COMMENT = "/v1/posts/{postId}", "/v1/comments/{commentId}"


def _mentioning(actor: Actor, data: dict[str, Any], **_: str) -> dict[str, Any]:
    """Count what names others, strangers too, who get a letter each."""
    if data.get("mentions"):
        spend_one_act("Mentions", actor, runtime().settings.messages_per_minute)
    return data


@api.create("/v1/posts", name="createPost", body=NewPost, returns=Post, id_name="postId", prepare=_mentioning)
def create_post(actor: Actor, data: dict[str, Any]) -> Post:
    """Publish a post as oneself, or in the name of a company as its admin."""
    return posts.publish_post(actor, **data)


@api.delete(_POST, name="deletePost", returns=Post)
def delete_post(actor: Actor, data: dict[str, Any], post_id: str) -> Post:
    """Delete a post, as its author, or as an admin of its company."""
    return posts.delete_post(actor, post_id)


@api.get(_POST, name="getPost", returns=Post)
def get_post(actor: Actor, asked: ReadRequest, post_id: str) -> Wire:
    """Get a post with its numbers of likes and comments, and whether the caller likes it."""
    return queries.get_post(actor, asked, post_id)


@api.list("/v1/posts", name="listPosts", returns=Post, filters=queries.POST_FILTERS,
          depends_on=(Like, Comment, *WHO_SEES))
def list_posts(actor: Actor, asked: ReadRequest) -> Listing:
    """List the posts that the caller may see."""
    return queries.list_posts(actor, asked)


# What reaches whom changes with every post, tie and follower of anybody: it is found anew, and shows a cut at once.
@api.list("/v1/feed", name="listFeed", returns=Post, cached=False)
def list_feed(actor: Actor, asked: ReadRequest) -> Listing:
    """List the latest posts of the caller, of connections and of followed companies, the newest first.

    It is not counted: `totalRowCount` is that of the page, and `next` says whether there are more."""
    return feed.list_feed(actor, asked)


@api.list("/v1/userposts", name="listUserPosts", returns=Post, filters=queries.POST_FILTERS,
          depends_on=(Like, Comment))
def list_user_posts(actor: Actor, asked: ReadRequest) -> Listing:
    """List what the caller has posted; another's posts: listPosts with authorUserId."""
    return queries.list_own_posts(actor, asked)


@api.update(_POST, name="updatePost", body=PostChange, returns=Post, prepare=_mentioning)
def update_post(actor: Actor, data: dict[str, Any], post_id: str) -> Post:
    """Change a post, or close it for comments, as its author, or as an admin of its company."""
    return posts.change_post(actor, post_id, **data)


def _throttled(actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Count what is said to others, strangers too, before anything is asked of the post."""
    spend_one_act("Comments", actor, runtime().settings.messages_per_minute)
    return data


@api.create("/v1/comments", name="createComment", body=NewComment, returns=Comment, id_name="commentId",
            prepare=_throttled)
def create_comment(actor: Actor, data: dict[str, Any]) -> Comment:
    """Comment on a post, or answer a comment on it."""
    return comments.write_comment(actor, **data)


@api.delete(_COMMENT, name="deleteComment", returns=Comment)
def delete_comment(actor: Actor, data: dict[str, Any], comment_id: str) -> Comment:
    """Delete a comment, as its author or whose post it is on."""
    return comments.delete_comment(actor, comment_id)


@api.get(_COMMENT, name="getComment", returns=Comment)
def get_comment(actor: Actor, asked: ReadRequest, comment_id: str) -> Wire:
    """Get a comment on a post that the caller may see."""
    return queries.get_comment(actor, comment_id)


@api.list("/v1/comments", name="listComments", returns=Comment, filters=queries.COMMENT_FILTERS,
          depends_on=(Post, *WHO_SEES))
def list_comments(actor: Actor, asked: ReadRequest) -> Listing:
    """List the comments on posts that the caller may see, the oldest first."""
    return queries.list_comments(actor, asked)


@api.update(_COMMENT, name="updateComment", body=CommentChange, returns=Comment)
def update_comment(actor: Actor, data: dict[str, Any], comment_id: str) -> Comment:
    """Change one's own comment; while nobody has answered it, also what it answers."""
    return comments.change_comment(actor, comment_id, **data)


@api.create("/v1/likepost", name="likePost", body=NewLike, returns=Like, id_name="likeId")
def like_post(actor: Actor, data: dict[str, Any]) -> Like:
    """Like a post."""
    return likes.like_post(actor, **data)


@api.list("/v1/likes", name="listLikes", returns=Like, filters=queries.LIKE_FILTERS, depends_on=(Post, *WHO_SEES))
def list_likes(actor: Actor, asked: ReadRequest) -> Listing:
    """List the likes of posts that the caller may see."""
    return queries.list_likes(actor, asked)


@api.delete("/v1/unlikepost/{likeId}", name="unlikePost", returns=Like)
def unlike_post(actor: Actor, data: dict[str, Any], like_id: str) -> Like:
    """Take back a like of one's own."""
    return likes.unlike_post(actor, like_id)

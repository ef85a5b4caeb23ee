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


api.create("/v1/posts", posts.publish_post, "Publish a post as oneself, or in the name of a company as its admin.",
           name="createPost", body=NewPost, returns=Post, id_name="postId", prepare=_mentioning)
api.delete(_POST, posts.delete_post, "Delete a post, as its author, or as an admin of its company.",
           name="deletePost", returns=Post)


@api.get(_POST, name="getPost", returns=Post)
def get_post(actor: Actor, asked: ReadRequest, post_id: str) -> Wire:
    """Get a post with its numbers of likes and comments, and whether the caller likes it."""
    return queries.get_post(actor, asked, post_id)


api.list("/v1/posts", queries.list_posts, "List the posts that the caller may see.",
         name="listPosts", returns=Post, filters=queries.POST_FILTERS, depends_on=(Like, Comment, *WHO_SEES))


# What reaches whom changes with every post, tie and follower of anybody: it is found anew, and shows a cut at once.
@api.list("/v1/feed", name="listFeed", returns=Post, cached=False)
def list_feed(actor: Actor, asked: ReadRequest) -> Listing:
    """List the latest posts of the caller, of connections and of followed companies, the newest first.

    It is not counted: `totalRowCount` is that of the page, and `next` says whether there are more."""
    return feed.list_feed(actor, asked)


api.list("/v1/userposts", queries.list_own_posts,
         "List what the caller has posted; another's posts: listPosts with authorUserId.",
         name="listUserPosts", returns=Post, filters=queries.POST_FILTERS, depends_on=(Like, Comment))
api.update(_POST, posts.change_post,
           "Change a post, or close it for comments, as its author, or as an admin of its company.",
           name="updatePost", body=PostChange, returns=Post, prepare=_mentioning)


def _throttled(actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Count what is said to others, strangers too, before anything is asked of the post."""
    spend_one_act("Comments", actor, runtime().settings.messages_per_minute)
    return data


api.create("/v1/comments", comments.write_comment, "Comment on a post, or answer a comment on it.",
           name="createComment", body=NewComment, returns=Comment, id_name="commentId", prepare=_throttled)
api.delete(_COMMENT, comments.delete_comment, "Delete a comment, as its author or whose post it is on.",
           name="deleteComment", returns=Comment)
api.get(_COMMENT, queries.get_comment, "Get a comment on a post that the caller may see.",
        name="getComment", returns=Comment)
api.list("/v1/comments", queries.list_comments, "List the comments on posts that the caller may see, the oldest first.",
         name="listComments", returns=Comment, filters=queries.COMMENT_FILTERS, depends_on=(Post, *WHO_SEES))
api.update(_COMMENT, comments.change_comment,
           "Change one's own comment; while nobody has answered it, also what it answers.",
           name="updateComment", body=CommentChange, returns=Comment)
api.create("/v1/likepost", likes.like_post, "Like a post.",
           name="likePost", body=NewLike, returns=Like, id_name="likeId")
api.list("/v1/likes", queries.list_likes, "List the likes of posts that the caller may see.",
         name="listLikes", returns=Like, filters=queries.LIKE_FILTERS, depends_on=(Post, *WHO_SEES))
api.delete("/v1/unlikepost/{likeId}", likes.unlike_post, "Take back a like of one's own.",
           name="unlikePost", returns=Like)

"""What clients send to content, field by field (rules-network §2B).

Times are the server's. What names the actor is optional: left out, it is the caller."""
from app.http.schemas import FILLED_IN, Choice, Flag, Identifier, InputSchema, ListOf, Text, WebAddress, list_changes
from blueprints.network.content.rules import (
    AUDIENCES,
    LONGEST_COMMENT,
    LONGEST_POST,
    MOST_ATTACHMENTS,
    MOST_MENTIONS,
    VISIBILITIES,
)

_MENTIONED = {"description": "people the post names; who may not see it is left out"}


class NewPost(InputSchema):
    """Body of createPost."""

    content = Text(most=LONGEST_POST, required=True)
    company_id = Identifier(metadata={"description": "the company in whose name it is said; its admins may"})
    author_user_id = Identifier(metadata=FILLED_IN | {"description": "the caller, when it is sent"})
    visibility = Choice(VISIBILITIES, metadata=FILLED_IN | {"description": "public when left out"})
    attachment_urls = ListOf(WebAddress(), most=MOST_ATTACHMENTS)
    audience = Choice(AUDIENCES)
    mentions = ListOf(Identifier(), most=MOST_MENTIONS, metadata=_MENTIONED)


class PostChange(InputSchema):
    """Body of updatePost; its author never changes and is not read."""

    content = Text(most=LONGEST_POST)
    company_id = Identifier()
    visibility = Choice(VISIBILITIES)
    attachment_urls, attachment_urls_append, attachment_urls_remove = list_changes(
        "attachmentUrls", WebAddress, most=MOST_ATTACHMENTS)
    audience = Choice(AUDIENCES)
    mentions = ListOf(Identifier(), most=MOST_MENTIONS, metadata=_MENTIONED)
    comments_closed = Flag(metadata={"description": "nobody comments any more"})


class NewComment(InputSchema):
    """Body of createComment."""

    post_id = Identifier(required=True)
    content = Text(most=LONGEST_COMMENT, required=True)
    parent_comment_id = Identifier(metadata={"description": "the comment on the same post it answers"})


class CommentChange(InputSchema):
    """Body of updateComment; only a comment that nobody has answered moves below another one (NET-18)."""

    content = Text(most=LONGEST_COMMENT)
    parent_comment_id = Identifier()


class NewLike(InputSchema):
    """Body of likePost; `likedAt` is the server's and is not read."""

    post_id = Identifier(required=True)

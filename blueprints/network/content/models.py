"""The tables of content: posts, likes, comments (rules-network §2A), and their tally (network.md, Tables).

It is a side table, as the feed is (feed_models.py): by a like more the post's version and events stay as they are."""
from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import boolean, choice, id_list, identifier, instant, text, web_address_list
from app.data.entity import Base, Entity
from app.data.held import Holdable
from app.data.short_ids import short_id_index
from blueprints.network.content.rules import AUDIENCES, OWNER, PUBLIC, VISIBILITIES


class Post(Holdable, Entity):
    """What a person says, with a companyId in the name of that company.

    `audience` narrows a private post of a person (NET-15), `mentions` names whom it is about (NET-17);
    `comments_closed`: nobody comments any more (NET-18)."""

    __tablename__ = "network_post"
    __service__ = "content"
    __object__ = "post"
    __realm__ = "network"
    __lock_rank__ = 440
    __owner__ = "author_user_id"

    content: Mapped[str] = text(required=True)
    company_id: Mapped[str | None] = identifier()
    author_user_id: Mapped[str] = identifier(required=True)
    visibility: Mapped[str] = choice(VISIBILITIES, default=PUBLIC)
    attachment_urls: Mapped[list[str]] = web_address_list(required=True, default=list)

    audience: Mapped[str] = choice(AUDIENCES, default=OWNER)  # additive, as those below
    mentions: Mapped[list[str]] = id_list(required=True, default=list)
    comments_closed: Mapped[bool] = boolean(default=False)


class Comment(Holdable, Entity):
    """What somebody answers to a post, or to another comment on it."""

    __tablename__ = "network_comment"
    __service__ = "content"
    __object__ = "comment"
    __realm__ = "network"
    __lock_rank__ = 441
    __owner__ = "author_user_id"

    author_user_id: Mapped[str] = identifier(required=True)
    post_id: Mapped[str] = identifier(required=True)
    content: Mapped[str] = text(required=True)
    parent_comment_id: Mapped[str | None] = identifier()


class Like(Entity):
    """That somebody likes a post, from then until it is taken back."""

    __tablename__ = "network_like"
    __service__ = "content"
    __object__ = "like"
    __realm__ = "network"
    __lock_rank__ = 442
    __owner__ = "user_id"
    __duplicates__ = {"uq_network_like": ("AlreadyLiked", "You like this post already")}

    liked_at: Mapped[datetime] = instant(required=True)
    post_id: Mapped[str] = identifier(required=True)
    user_id: Mapped[str] = identifier(required=True)


class PostTally(Base):
    """How many likes and comments a post has; equal to a recount."""

    __tablename__ = "network_post_tally"
    __realm__ = "network"
    __lock_rank__ = 443

    post_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    likes: Mapped[int] = mapped_column(Integer)
    comments: Mapped[int] = mapped_column(Integer)


Index("ix_network_post_created", Post.created_at, Post.id)
Index("ix_network_post_author", Post.author_user_id, Post.created_at, Post.id)
Index("ix_network_post_company", Post.company_id, Post.created_at, Post.id)
Index("ix_network_comment_created", Comment.created_at, Comment.id)
Index("ix_network_comment_post", Comment.post_id, Comment.created_at, Comment.id)
Index("ix_network_comment_parent", Comment.parent_comment_id)
Index("ix_network_comment_author", Comment.author_user_id)
Index("uq_network_like", Like.post_id, Like.user_id, unique=True,
      sqlite_where=Like.is_active.is_(True), postgresql_where=Like.is_active.is_(True))
Index("ix_network_like_created", Like.created_at, Like.id)
Index("ix_network_like_post", Like.post_id, Like.created_at, Like.id)
Index("ix_network_like_user", Like.user_id, Like.created_at, Like.id)
short_id_index(Post)
short_id_index(Comment)

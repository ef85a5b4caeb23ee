"""content as one declaration."""
from app.data.moderated_kinds import ModeratedKind
from app.data.person_rows import ERASED, exported, rows_of_people
from app.data.reads.joins import JoinTarget, Relation, relations_of
from app.http.private_files import FileProperty
from app.ops.mends import Mend
from app.service import ServiceDeclaration
from blueprints.network.content import subscribers
from blueprints.network.content.checks import check_tallies, mend_tallies
from blueprints.network.content.feed_items import check_voices, mend_voices
from blueprints.network.content.index import COMMENTS, POSTS, READABLE
from blueprints.network.content.models import Comment, Like, Post
from blueprints.network.content.moderation import (
    comment_subject,
    hold_comment,
    hold_post,
    lock_comments,
    lock_posts,
    post_subject,
    restore_comment,
    restore_post,
)
from blueprints.network.content.persons import forget_comments, forget_likes, keep_company_posts
from blueprints.network.content.queries import comments_seen_by, posts_by, posts_seen_by
from blueprints.network.content.topics import COMMENT_CREATED, COMMENT_UPDATED, POST_CREATED, POST_UPDATED
from blueprints.network.content.visibility import WHO_SEES

_AUTHOR, _POST = Relation("authorUserId", "user", "author"), Relation("postId", "post")

SERVICE = ServiceDeclaration(
    name="content", version="1.0.4", description="Posts of people and companies, comments, likes, and the feed.",
    realms=("network",),
    routes="blueprints.network.content.routes.api",
    background=(subscribers,),
    indexes=(POSTS.index, COMMENTS.index),
    readable=READABLE,
    relations=(
        relations_of(Post, _AUTHOR, Relation("companyId", "company")),
        relations_of(Comment, _AUTHOR, _POST, Relation("parentCommentId", "comment", "parent")),
        relations_of(Like, Relation("userId", "user", "author"), _POST),
    ),
    targets=(
        JoinTarget("post", ("id", "content", "authorUserId"), posts_seen_by, personal=True, depends_on=WHO_SEES),
        JoinTarget("comment", ("id", "content", "authorUserId"), comments_seen_by, personal=True,
                   depends_on=("rows:post", *WHO_SEES)),
    ),
    files=(FileProperty(Post, "attachmentUrls"),),
    moderated=(
        ModeratedKind("POST", Post, restore_post, post_subject, hold_post, lock_posts,
                      written=(POST_CREATED, POST_UPDATED)),
        ModeratedKind("COMMENT", Comment, restore_comment, comment_subject, hold_comment, lock_comments,
                      written=(COMMENT_CREATED, COMMENT_UPDATED)),
    ),
    checks={"post tallies": check_tallies, "feed": check_voices},
    mends={"post tallies": Mend("counts the likes and comments of these posts anew", mend_tallies),
           "feed": Mend("looks up the latest post of these voices", mend_voices)},
    persons=(
        rows_of_people(Post, ERASED, "author_user_id", first=keep_company_posts,
                       export=exported("posts", where=posts_by)),
        rows_of_people(Comment, ERASED, "author_user_id", first=forget_comments,
                       export=exported("comments", "author_user_id")),
        rows_of_people(Like, ERASED, "user_id", first=forget_likes, export=exported("likes", "user_id")),
    ),
)

"""Who may call content: whoever is logged in (NET-31); who sees what, and whose it is, queries and commands check."""
from app.identity.access import Predicate, logged_in

POLICIES: dict[str, Predicate] = dict.fromkeys((
    "createComment", "createPost", "deleteComment", "deletePost", "getComment", "getPost", "likePost", "listComments",
    "listFeed", "listLikes", "listPosts", "listUserPosts", "unlikePost", "updateComment", "updatePost"), logged_in)

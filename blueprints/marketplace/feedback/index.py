"""How feedback is read: by everybody, found by what it says."""
from app.data.held import is_free
from app.data.visibility import ReadObject
from app.identity.access import public_read
from app.search import IndexSchema, instant, keyword, prose
from app.search.rows import WordedRows
from blueprints.marketplace.feedback.models import Feedback
from blueprints.marketplace.feedback.queries import FILTERS
from blueprints.marketplace.feedback.visibility import FEEDBACK

WORDS = WordedRows(
    IndexSchema("feedback", (
        prose("comment"), prose("reply"), keyword("buyerId"), keyword("sellerId"), instant("createdAt"))),
    Feedback, where=(is_free(Feedback),), people=("buyerId", "sellerId"))
READABLE = (ReadObject(FEEDBACK, who=public_read, words=("comment", "reply"), facets=("rating",),
                       filters=FILTERS),)

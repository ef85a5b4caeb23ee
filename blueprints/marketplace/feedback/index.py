"""How feedback is read: by everybody, found by what it says."""
from app.data.visibility import ReadObject
from app.identity.access import public_read
from blueprints.marketplace.feedback.queries import FILTERS
from blueprints.marketplace.feedback.visibility import FEEDBACK

READABLE = (ReadObject(FEEDBACK, who=public_read, words=("comment", "reply"), facets=("rating",),
                       filters=FILTERS),)

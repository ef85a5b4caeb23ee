"""Who sees feedback: everybody; what is held, its buyer too (rules-marketplace §4.2)."""
from app.data.visibility import EVERYONE, Visibility
from blueprints.marketplace.feedback.models import Feedback

FEEDBACK = Visibility(Feedback, EVERYONE)

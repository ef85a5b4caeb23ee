"""How entries of the moderation are read: by staff alone (decision 47)."""
from app.data.visibility import NOBODY, ReadObject, Visibility
from app.identity.access import staff
from blueprints.marketplace.admin_moderation.models import ModerationAction
from blueprints.marketplace.admin_moderation.queries import ACTION_FILTERS

READABLE = (ReadObject(Visibility(ModerationAction, NOBODY), who=staff, words=("reason",),
                       facets=("entityType", "actionType"), filters=ACTION_FILTERS),)

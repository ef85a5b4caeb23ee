"""profile as one declaration."""
from app.data.moderated_kinds import ModeratedKind
from app.data.person_rows import ERASED, rows_of_people
from app.data.reads.joins import Relation, relations_of
from app.service import ServiceDeclaration
from blueprints.network.profile import jobs, subscribers
from blueprints.network.profile.briefs import BRIEFS
from blueprints.network.profile.checks import profile_terms
from blueprints.network.profile.models import Profile, ProfileView
from blueprints.network.profile.moderation import hold_profile, lock_profiles, profile_subject, restore_profile
from blueprints.network.profile.routes import api
from blueprints.network.profile.terms import forget_terms

SERVICE = ServiceDeclaration(
    name="profile", version="1.0.23", description="What people say of their work, and who looked at it.",
    realms=("network",),
    routes=api,
    background=(jobs, subscribers),
    relations=(relations_of(Profile, Relation("userId", "user")),),
    moderated=(ModeratedKind("PROFILE", restore_profile, profile_subject, hold_profile, lock_profiles,
                             lock_rank=Profile.__lock_rank__),),
    checks={"profileTerms": profile_terms},
    persons=(
        rows_of_people(Profile, ERASED, "user_id", first=forget_terms),
        rows_of_people(ProfileView, ERASED, "owner_id", "viewer_id"),
    ),
    hands_down=(BRIEFS,),
)

"""profile as one declaration."""
from functools import partial

from app.data.moderated_kinds import ModeratedKind
from app.data.money import read_currency
from app.data.person_rows import ERASED, KEPT, exported, rows_of_people
from app.data.reads.joins import JoinTarget, Relation, relations_of
from app.ops.mends import Mend, NamedMend
from app.service import ServiceDeclaration
from blueprints.network.networking.entitlements import Entitlements
from blueprints.network.profile import jobs, premium_jobs, subscribers
from blueprints.network.profile.briefs import BRIEFS
from blueprints.network.profile.checks import mend_terms, profile_terms
from blueprints.network.profile.index import PEOPLE, READABLE
from blueprints.network.profile.models import Profile, ProfileView
from blueprints.network.profile.moderation import hold_profile, profile_subject, restore_profile
from blueprints.network.profile.premium_checks import check_premium, overlapping_people
from blueprints.network.profile.premium_index import READABLE_ORDERS
from blueprints.network.profile.premium_letters import PREMIUM_ENDS
from blueprints.network.profile.premium_models import Premiumsubscription
from blueprints.network.profile.premium_queries import is_premium
from blueprints.network.profile.premium_rules import parse_price
from blueprints.network.profile.premium_settlement import CHECKOUT, part_periods
from blueprints.network.profile.premium_topics import CUSTOMER_LEFT, PREMIUM_TOPICS
from blueprints.network.profile.queries import profiles_seen_by
from blueprints.network.profile.terms import forget_terms
from blueprints.network.profile.topics import PROFILE_CREATED, PROFILE_UPDATED
from blueprints.platform.checkout.checks import check_disputes
from blueprints.platform.checkout.persons import rows_of_payers

SERVICE = ServiceDeclaration(
    name="profile", version="1.0.23", description="What people say of their work, and who looked at it.",
    realms=("network",),
    routes="blueprints.network.profile.routes.api",
    indexes=(PEOPLE.index,),
    background=(jobs, premium_jobs, subscribers),
    emits=lambda _: PREMIUM_TOPICS,
    readable=(*READABLE, *READABLE_ORDERS),
    relations=(
        relations_of(Profile, Relation("userId", "user")),
        relations_of(Premiumsubscription, Relation("profileId", "profile"), Relation("userId", "user")),
    ),
    letters=(PREMIUM_ENDS,),
    targets=(JoinTarget("profile", ("id", "fullName", "headline"), profiles_seen_by, personal=True,
                        depends_on=("rows:connection", "rows:block", "rows:user")),),
    checkouts=(CHECKOUT,),
    settings={"premium_price": parse_price, "premium_currency": read_currency},
    moderated=(ModeratedKind("PROFILE", Profile, restore_profile, profile_subject, hold_profile,
                             written=(PROFILE_CREATED, PROFILE_UPDATED)),),
    checks={"profileTerms": profile_terms, "premium": check_premium,
            "premium disputes": partial(check_disputes, CHECKOUT)},
    mends={"profileTerms": Mend("writes the terms of these profiles anew from their lists", mend_terms),
           "premium": NamedMend("lets what was paid for one person count one after the other, each as long as it was",
                                overlapping_people, part_periods,
                                "an order paid by no payment or by two is for whoever keeps the books: `flask payments "
                                "status --realm network`, then `show`, `fix` or `refund`")},
    persons=(
        rows_of_people(Profile, ERASED, "user_id", first=forget_terms, export=exported("profile", "user_id")),
        rows_of_people(ProfileView, ERASED, "owner_id", "viewer_id",
                       export=exported("looked-at-profiles", "viewer_id")),
        rows_of_people(Premiumsubscription, KEPT, "user_id", why="the books: who paid for premium",
                       export=exported("premium", "user_id")),
        *rows_of_payers(CHECKOUT, CUSTOMER_LEFT),
    ),
    hands_down=(BRIEFS, Entitlements(is_premium)),
)

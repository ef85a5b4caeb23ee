"""auth as one declaration; every realm has it, with users of its own."""
from app.data.moderated_kinds import ModeratedKind
from app.data.person_rows import ANONYMOUS, ERASED, KEPT, exported, rows_of_people
from app.identity.api_clients import ApiClient, ApiClientToken
from app.identity.security_events import SecurityEvent
from app.identity.sessions import LoginSession
from app.service import EVERY_REALM, ServiceDeclaration
from blueprints.platform.auth import checks, jobs
from blueprints.platform.auth.commands import restore_user
from blueprints.platform.auth.export_models import PersonExport
from blueprints.platform.auth.export_requests import remove_exports_of
from blueprints.platform.auth.inspection import accounts_named
from blueprints.platform.auth.models import MarketplaceUser, NetworkUser
from blueprints.platform.auth.person_models import PurgedAccount
from blueprints.platform.auth.subjects import user_subject
from blueprints.platform.auth.topics import own_topics, user_topic

_WHENCE = {"address": None, "device": None, "detail": None}
_STATE = ("archived_at", "locked_until", "suspended_until", "no_selling_until", "no_buying_until", "needs_email_2fa",
          "needs_mobile_2fa")

SERVICE = ServiceDeclaration(
    name="auth", version={"marketplace": "1.0.7", "network": "1.0.5"}, description="Users, sessions, verification.",
    realms=EVERY_REALM,
    routes="blueprints.platform.auth.routes.routes_in",
    background=(jobs,),
    emits=own_topics,
    checks={"addresses": checks.addresses},
    moderated=(ModeratedKind("USER", None, restore_user, user_subject, named=accounts_named, written=tuple(
        user_topic(realm, verb) for realm in EVERY_REALM for verb in ("created", "updated"))),),
    cli=("cli.auth", "cli.clients", "cli.security", "cli.users"),
    persons=(
        rows_of_people(MarketplaceUser, ERASED, "id", "owner",
                       export=exported("account", "id", also=(*_STATE, "mobile_verified"))),
        rows_of_people(NetworkUser, ERASED, "id", "owner", export=exported("account", "id", also=_STATE)),
        rows_of_people(PurgedAccount, KEPT, "id", why="the id is given to nobody anew",
                       export="who is gone asks for no export"),
        rows_of_people(PersonExport, ERASED, "user_id", first=remove_exports_of, export="exports like this one"),
        rows_of_people(ApiClient, ERASED, "user_id",
                       export=exported("api-clients", "user_id", without=("secret_hash",))),
        rows_of_people(ApiClientToken, ERASED, "user_id", export="tokens of programs, of which we know only a hash"),
        rows_of_people(LoginSession, ERASED, "user_id", export=exported("sessions", "user_id")),
        rows_of_people(SecurityEvent, ANONYMOUS, "user_id", "actor_id", why="what staff did to others stays there",
                       blanks={"user_id": _WHENCE, "actor_id": _WHENCE},
                       export=exported("security-events", "user_id", without=("actor_id", "operator", "request_id"))),
    ),
)

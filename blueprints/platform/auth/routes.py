"""URL map of auth's business APIs (contract documents 088–100 and 053–065), mounted once per realm."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.errors import InvalidInput
from app.http.declaration import ServiceBlueprint
from app.http.envelope import Answer
from app.http.service import Service
from app.runtime import runtime
from blueprints.platform.auth import commands, jobs, preparations, queries  # noqa: F401 - jobs registers itself
from blueprints.platform.auth.models import Account, account_model
from blueprints.platform.auth.policies import POLICIES
from blueprints.platform.auth.schemas import (
    FACES,
    NEW_USERS,
    REGISTRATIONS,
    PasswordChange,
    PasswordReplacement,
    RoleChange,
)
from blueprints.platform.auth.system_routes import add_session_routes, add_verification_routes

_VERSIONS = {"marketplace": "1.0.7", "network": "1.0.5"}


def build(realm: str) -> ServiceBlueprint:
    """Return the auth service of a realm."""
    service = Service(realm, "auth", _VERSIONS[realm], "Users, sessions, verification.")
    api = ServiceBlueprint(service, POLICIES)
    add_session_routes(api)
    add_verification_routes(api)
    _add_registration(api)
    _add_reads(api)
    _add_changes(api)
    _add_passwords_and_roles(api)
    _add_endings(api)
    return api


def _add_registration(api: ServiceBlueprint) -> None:
    realm, model = api.service.realm, account_model(api.service.realm)

    @api.create("/v1/registeruser", name="registerUser", data_name="user", event="user-registered",
                body=REGISTRATIONS[realm], returns=model, prepare=preparations.registration, extras=_NEEDS_SHAPE)
    def register_user(actor: Actor, data: dict[str, Any]) -> Answer:
        """Register oneself; the e-mail has to be verified before the first login."""
        return Answer(commands.register_user(actor, **data), _verification_needs())

    @api.create("/v1/users", name="createUser", data_name="user", event="user-created", id_name="userId",
                body=NEW_USERS[realm], returns=model, prepare=preparations.hashed, extras=_NEEDS_SHAPE)
    def create_user(actor: Actor, data: dict[str, Any]) -> Answer:
        """Create a user, by staff."""
        return Answer(commands.create_user(actor, **data), _verification_needs())


def _add_reads(api: ServiceBlueprint) -> None:
    model = account_model(api.service.realm)

    @api.get("/v1/users/{userId}", name="getUser", data_name="user", event="user-retrived", returns=model)
    def get_user(actor: Actor, asked: ReadRequest, user_id: str) -> Wire:
        """Get a user: oneself, or anyone by staff."""
        return queries.get_user(actor, user_id)

    @api.get("/v1/briefuser/{userId}", name="getBriefUser", data_name="user", event="briefuser-retrived")
    def get_brief_user(actor: Actor, asked: ReadRequest, user_id: str) -> Wire:
        """Get a user's public face: id, fullname, avatar."""
        return queries.brief_user(actor.realm, user_id)

    @api.list("/v1/users", name="listUsers", data_name="users", event="users-listed", returns=model,
              filters=queries.user_filters(api.service.realm))
    def list_users(actor: Actor, asked: ReadRequest) -> Listing:
        """List the users, by staff."""
        return queries.list_users(actor, asked.page, asked.where)

    @api.list("/v1/searchusers", name="searchUsers", data_name="users", event="users-searched", returns=model,
              arguments={"keyword": "required: a part of fullname or e-mail"})
    def search_users(actor: Actor, asked: ReadRequest) -> Listing:
        """Search users by a part of fullname or e-mail, by staff."""
        keyword = asked.arguments.get("keyword", "").strip()
        if not keyword:
            raise InvalidInput("keyword: is required", detail={"keyword": "is required"})
        return queries.search_users(actor, keyword, asked.page)


def _add_changes(api: ServiceBlueprint) -> None:
    realm, model = api.service.realm, account_model(api.service.realm)

    @api.update("/v1/users/{userId}", name="updateUser", data_name="user", event="user-updated", body=FACES[realm],
                returns=model)
    def update_user(actor: Actor, data: dict[str, Any], user_id: str) -> Account:
        """Change a user of a lower role, by staff."""
        return commands.update_user(actor, user_id, **data)

    @api.update("/v1/profile/{userId}", name="updateProfile", data_name="user", event="profile-updated",
                body=FACES[realm], returns=model)
    def update_profile(actor: Actor, data: dict[str, Any], user_id: str) -> Account:
        """Change one's own profile."""
        return commands.update_profile(actor, user_id, **data)


def _add_passwords_and_roles(api: ServiceBlueprint) -> None:
    model = account_model(api.service.realm)

    @api.update("/v1/userrole/{userId}", name="updateUserRole", data_name="user", event="userrole-updated",
                body=RoleChange, returns=model)
    def update_user_role(actor: Actor, data: dict[str, Any], user_id: str) -> Account:
        """Give a user another role, from above both."""
        return commands.update_user_role(actor, user_id, data["role_id"])

    @api.update("/v1/userpassword/{userId}", name="updateUserPassword", data_name="user",
                event="userpassword-updated", body=PasswordChange, returns=model, prepare=preparations.password_change)
    def update_user_password(actor: Actor, data: dict[str, Any], user_id: str) -> Account:
        """Change one's own password; the other sessions end."""
        return commands.change_password(actor, user_id, **data)

    @api.update("/v1/userpasswordbyadmin/{userId}", name="updateUserPasswordByAdmin", data_name="user",
                event="userpasswordbyadmin-updated", body=PasswordReplacement, returns=model,
                prepare=preparations.password_replacement)
    def update_user_password_by_admin(actor: Actor, data: dict[str, Any], user_id: str) -> Account:
        """Replace the password of a user of a lower role, by staff; the user's sessions end."""
        return commands.set_password_by_admin(actor, user_id, **data)


def _add_endings(api: ServiceBlueprint) -> None:
    model = account_model(api.service.realm)

    @api.delete("/v1/users/{userId}", name="deleteUser", data_name="user", event="user-deleted", returns=model)
    def delete_user(actor: Actor, data: dict[str, Any], user_id: str) -> Account:
        """Delete a user of a lower role, by staff."""
        return commands.delete_user(actor, user_id)

    @api.delete("/v1/archiveprofile/{userId}", name="archiveProfile", data_name="user", event="profile-archived",
                returns=model)
    def archive_profile(actor: Actor, data: dict[str, Any], user_id: str) -> Account:
        """Archive oneself; a login within 30 days restores the account."""
        return commands.archive_profile(actor, user_id)


_NEEDS_SHAPE = {"emailVerificationNeeded": {"type": "boolean"}, "mobileVerificationNeeded": {"type": "boolean"}}


def _verification_needs() -> dict[str, bool]:
    return {"emailVerificationNeeded": runtime().settings.email_verification_required,
            "mobileVerificationNeeded": False}

"""URL map of auth's business APIs (contract documents 088–100 and 053–065), mounted once per realm."""
from typing import Any

from flask import Response, request

from app.actor import Actor
from app.data.ids import canonical_uuid
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.errors import InvalidInput
from app.http.bearer import first_value
from app.http.declaration import Routes
from app.http.download import download
from app.http.envelope import Answer
from app.http.naming import ApiNames
from app.runtime import runtime
from blueprints.platform.auth import (
    api_clients,
    commands,
    credentials,
    documents,
    export_requests,
    person_commands,
    preparations,
    queries,
)
from blueprints.platform.auth.models import Account, account_model
from blueprints.platform.auth.policies import POLICIES
from blueprints.platform.auth.schemas import (
    FACES,
    NEW_USERS,
    PROFILES,
    REGISTRATIONS,
    ApiClientRotation,
    Erasure,
    NewApiClient,
    PasswordChange,
    PasswordReplacement,
    RoleChange,
    SecondFactors,
)
from blueprints.platform.auth.system_routes import add_session_routes, add_verification_routes
from blueprints.platform.auth.token_endpoint import realm_token_endpoint


def routes_in(realm: str) -> Routes:
    """Return the URL map of auth in a realm, whose users have properties of their own."""
    api = Routes(POLICIES, {
        "getBriefUser": ApiNames(data_name="user"), "getSecondFactors": ApiNames(data_name="secondFactors"),
        "updateSecondFactors": ApiNames(data_name="secondFactors"), "listSessions": ApiNames(data_name="sessions"),
        "deleteSession": ApiNames(data_name="session"), "deleteSessions": ApiNames(data_name="session"),
        "createPersonExport": ApiNames(data_name="personExport"),
        "listPersonExports": ApiNames(data_name="personExports"), "createErasure": ApiNames(data_name="erasure"),
        "createApiClient": ApiNames(data_name="apiClient"), "listApiClients": ApiNames(data_name="apiClients"),
        "updateApiClientSecret": ApiNames(data_name="apiClient"), "deleteApiClient": ApiNames(data_name="apiClient")})
    add_session_routes(api, realm)
    add_verification_routes(api, realm)
    _add_registration(api, realm)
    _add_reads(api, realm)
    _add_changes(api, realm)
    _add_passwords_and_roles(api, account_model(realm))
    _add_endings(api, account_model(realm))
    _add_second_factors(api)
    _add_sessions(api)
    _add_persons(api)
    _add_clients(api, realm)
    return api


def _add_registration(api: Routes, realm: str) -> None:
    model = account_model(realm)

    @api.create("/v1/registeruser", name="registerUser", body=REGISTRATIONS[realm], returns=model,
                prepare=preparations.registration, extras=_NEEDS_SHAPE)
    def register_user(actor: Actor, data: dict[str, Any]) -> Answer:
        """Register oneself; the e-mail has to be verified before the first login."""
        return Answer(commands.register_user(actor, **data), _verification_needs())

    @api.create("/v1/users", name="createUser", id_name="userId", body=NEW_USERS[realm], returns=model,
                prepare=preparations.hashed, extras=_NEEDS_SHAPE)
    def create_user(actor: Actor, data: dict[str, Any]) -> Answer:
        """Create a user, by staff."""
        return Answer(commands.create_user(actor, **data), _verification_needs())


def _add_reads(api: Routes, realm: str) -> None:
    model = account_model(realm)

    api.get("/v1/users/{userId}", queries.get_user, "Get a user: oneself, or anyone by staff.",
            name="getUser", returns=model)

    @api.get("/v1/briefuser/{userId}", name="getBriefUser")
    def get_brief_user(actor: Actor, asked: ReadRequest, user_id: str) -> Wire:
        """Get a user's public face: id, fullname, avatar."""
        return queries.brief_user(actor.realm, user_id)

    @api.list("/v1/users", name="listUsers", returns=model, filters=queries.user_filters(realm))
    def list_users(actor: Actor, asked: ReadRequest) -> Listing:
        """List the users, by staff."""
        return queries.list_users(actor, asked.page, asked.where)

    @api.list("/v1/searchusers", name="searchUsers", returns=model,
              arguments={"keyword": "required: a part of fullname or e-mail"})
    def search_users(actor: Actor, asked: ReadRequest) -> Listing:
        """Search users by a part of fullname or e-mail, by staff."""
        keyword = asked.arguments.get("keyword", "").strip()
        if not keyword:
            raise InvalidInput("keyword: is required", detail={"keyword": "is required"})
        return queries.search_users(actor, keyword, asked.page)


def _add_changes(api: Routes, realm: str) -> None:
    model = account_model(realm)

    api.update("/v1/users/{userId}", commands.update_user, "Change a user of a lower role, by staff.",
               name="updateUser", body=FACES[realm], returns=model)

    api.include(own_face_routes(realm, "updateProfile"))


def own_face_routes(realm: str, name: str) -> Routes:
    """Return the route by which people change their own face; the network's contract has it in profile, too.

    `name` is what the API is called there."""
    api = Routes({name: POLICIES["updateProfile"]}, {name: ApiNames(event="profile-updated", data_name="user")})

    api.update("/v1/profile/{userId}", commands.update_profile,
               "Change one's own face: name, picture and what else the realm's users have.",
               name=name, body=PROFILES[realm], returns=account_model(realm), prepare=preparations.profile_change)
    return api


def _add_passwords_and_roles(api: Routes, model: type[Account]) -> None:
    api.update("/v1/userrole/{userId}", commands.update_user_role, "Give a user another role, from above both.",
               name="updateUserRole", body=RoleChange, returns=model, refusals="role")
    api.update("/v1/userpassword/{userId}", credentials.change_password,
               "Change one's own password; the other sessions end.",
               name="updateUserPassword", body=PasswordChange, returns=model, prepare=preparations.password_change)
    api.update("/v1/userpasswordbyadmin/{userId}", credentials.set_password_by_admin,
               "Replace the password of a user of a lower role, by staff; the user's sessions end.",
               name="updateUserPasswordByAdmin", body=PasswordReplacement, returns=model,
               prepare=preparations.password_replacement, refusals="password")


def _add_endings(api: Routes, model: type[Account]) -> None:
    api.delete("/v1/users/{userId}", commands.delete_user, "Delete a user of a lower role, by staff.",
               name="deleteUser", returns=model, refusals="account")
    api.delete("/v1/archiveprofile/{userId}", commands.archive_profile,
               "Archive oneself; a login within 30 days restores the account.",
               name="archiveProfile", returns=model)


def _add_second_factors(api: Routes) -> None:
    api.get("/v1/secondfactors/{userId}", queries.second_factors,
            "Which second factors a login of the user asks for: switched on by the person, or by the role.",
            name="getSecondFactors")

    @api.update("/v1/secondfactors/{userId}", name="updateSecondFactors", body=SecondFactors,
                prepare=preparations.second_factor_change)
    def update_second_factors(actor: Actor, data: dict[str, Any], user_id: str) -> Wire:
        """Switch one's own second factors on or off, with the password."""
        account = credentials.set_second_factors(actor, user_id, **data)
        return {"id": account.id, "email": account.needs_email_2fa, "mobile": account.needs_mobile_2fa}


def _add_sessions(api: Routes) -> None:
    api.list("/v1/sessions", queries.own_sessions,
             "List one's own logins that are not over: device, shortened address, since when, last seen.",
             name="listSessions", cached=False)
    api.delete("/v1/sessions/{sessionId}", credentials.end_own_session, "End one of one's own logins.",
               name="deleteSession")
    api.delete("/v1/sessions", credentials.end_other_sessions, "End all one's own logins but this one.",
               name="deleteSessions")


def _add_persons(api: Routes) -> None:
    api.create("/v1/personexports", export_requests.request_export,
               "Ask for a zip of all that is kept of oneself; a letter says when it is there.",
               name="createPersonExport")
    api.list("/v1/personexports", export_requests.own_exports,
             "List one's own exports: `state`, and of one that is ready the address it is read at for minutes.",
             name="listPersonExports", cached=False)

    @api.system("/personexport/{exportId}", name="downloadPersonExport", **documents.PERSON_EXPORT)
    def download_person_export(actor: Actor, export_id: str) -> Response:
        """Read an export, with the token of its address."""
        content = export_requests.opened_export(actor, canonical_uuid(export_id), first_value(request.args, "token"))
        response = download(content, "application/zip", "person.zip")
        response.headers["Cache-Control"] = "no-store"
        return response

    @api.create("/v1/erasures", name="createErasure", body=Erasure, prepare=preparations.proven)
    def create_erasure(actor: Actor, data: dict[str, Any]) -> Wire:
        """End one's own account for good, with the password; refused while others wait for something."""
        person_commands.erase_account(actor, str(actor.user_id), **data)
        return {"id": actor.user_id, "state": "erasing"}


def _add_clients(api: Routes, realm: str) -> None:
    answer_token_request = realm_token_endpoint(realm)

    @api.system("/oauth/token", name="token", method="POST", **documents.TOKEN)
    def token(actor: Actor) -> Response:
        """Give an API client an access token for its secret (RFC 6749 §4.4)."""
        return answer_token_request()

    @api.create("/v1/apiclients", name="createApiClient", body=NewApiClient, prepare=preparations.proven,
                extras=_SECRET_SHAPE)
    def create_api_client(actor: Actor, data: dict[str, Any]) -> Answer:
        """Make a program that acts for oneself, with the password; its secret is shown this once."""
        return _with_secret(*api_clients.create_client(actor, **data))

    @api.list("/v1/apiclients", name="listApiClients", filters=api_clients.FILTERS, cached=False)
    def list_api_clients(actor: Actor, asked: ReadRequest) -> Listing:
        """List one's own API clients, the newest first; staff list everybody's."""
        return api_clients.list_clients(actor, asked.page, asked.where)

    @api.update("/v1/apiclientsecret/{apiClientId}", name="updateApiClientSecret", body=ApiClientRotation,
                prepare=preparations.proven, extras=_SECRET_SHAPE)
    def rotate_api_client(actor: Actor, data: dict[str, Any], api_client_id: str) -> Answer:
        """Give an API client another secret, shown this once; the former one and its tokens end at once."""
        return _with_secret(*api_clients.rotate_client(actor, api_client_id, **data))

    @api.delete("/v1/apiclients/{apiClientId}", name="deleteApiClient")
    def delete_api_client(actor: Actor, data: dict[str, Any], api_client_id: str) -> Wire:
        """Revoke an API client, by its person or staff; its tokens end at once."""
        api_clients.revoke_client(actor, api_client_id)
        return {"id": api_client_id, "isActive": False}


def _with_secret(client: Wire, secret: str) -> Answer:
    """Return the answer that alone shows a secret: no event has it."""
    return Answer(client, {"clientSecret": secret}, {})


_SECRET_SHAPE = {"clientSecret": {"type": "string", "description": "shown this once; only its digest is kept"}}
_NEEDS_SHAPE = {"emailVerificationNeeded": {"type": "boolean"}, "mobileVerificationNeeded": {"type": "boolean"}}


def _verification_needs() -> dict[str, bool]:
    return {"emailVerificationNeeded": runtime().settings.email_verification_required,
            "mobileVerificationNeeded": False}

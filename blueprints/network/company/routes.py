"""URL map of company (contract documents 066–083); approving and removing followers are ours (NET-10)."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.naming import ApiNames
from app.http.rate_limit import spend_one_act
from app.runtime import runtime
from blueprints.network.company import commands, following, queries, updates
from blueprints.network.company.models import Company, CompanyAdmin, CompanyFollower, CompanyUpdate
from blueprints.network.company.policies import POLICIES
from blueprints.network.company.schemas import (
    CompanyChange,
    FollowerApproval,
    NewAdmin,
    NewCompany,
    NewFollower,
    NewUpdate,
    UpdateChange,
)

api = Routes(POLICIES, {
    "approveCompanyFollower": ApiNames("companyfollower-approved"),
    "assignCompanyAdmin": ApiNames("companyadmin-assigned"),
    "followCompany": ApiNames("company-followed"),
    "removeCompanyAdmin": ApiNames("companyadmin-removed"),
    "removeCompanyFollower": ApiNames("companyfollower-removed"),
    "unfollowCompany": ApiNames("company-unfollowed")})
_WHO_SEES = (CompanyAdmin, CompanyFollower)


@api.create("/v1/companies", name="createCompany", body=NewCompany, returns=Company, id_name="companyId")
def create_company(actor: Actor, data: dict[str, Any]) -> Company:
    """Make a company page and become its first admin."""
    return commands.create_company(actor, **data)


@api.delete("/v1/companies/{companyId}", name="deleteCompany", returns=Company)
def delete_company(actor: Actor, data: dict[str, Any], company_id: str) -> Company:
    """Delete a company page, as its admin."""
    return commands.delete_company(actor, company_id)


@api.get("/v1/companies/{companyId}", name="getCompany", returns=Company)
def get_company(actor: Actor, asked: ReadRequest, company_id: str) -> Wire:
    """Get a company page with its numbers of followers and public updates; a private one as admin or follower."""
    return queries.get_company(actor, company_id)


@api.list("/v1/companies", name="listCompanies", returns=Company, filters=queries.COMPANY_FILTERS,
          depends_on=(*_WHO_SEES, CompanyUpdate))
def list_companies(actor: Actor, asked: ReadRequest) -> Listing:
    """List the company pages that the caller may see."""
    return queries.list_companies(actor, asked)


@api.update("/v1/companies/{companyId}", name="updateCompany", body=CompanyChange, returns=Company)
def update_company(actor: Actor, data: dict[str, Any], company_id: str) -> Company:
    """Change a company page, as its admin."""
    return commands.change_company(actor, company_id, **data)


def _throttled(actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Count who is made an admin, strangers too, who get a letter each."""
    spend_one_act("Assignments", actor, runtime().settings.messages_per_minute)
    return data


@api.create("/v1/assigncompanyadmin", name="assignCompanyAdmin", body=NewAdmin, returns=CompanyAdmin,
            id_name="companyAdminId", prepare=_throttled)
def assign_admin(actor: Actor, data: dict[str, Any]) -> CompanyAdmin:
    """Make a person an admin of a company, as its admin."""
    return commands.assign_admin(actor, **data)


@api.get("/v1/companyadmins/{companyAdminId}", name="getCompanyAdmin", returns=CompanyAdmin)
def get_admin(actor: Actor, asked: ReadRequest, company_admin_id: str) -> Wire:
    """Get an admin's row, as an admin of the same company."""
    return queries.get_admin(actor, company_admin_id)


@api.list("/v1/companyadmins", name="listCompanyAdmins", returns=CompanyAdmin, filters=queries.ADMIN_FILTERS,
          depends_on=(Company,))
def list_admins(actor: Actor, asked: ReadRequest) -> Listing:
    """List the admins of the companies that the caller administers."""
    return queries.list_admins(actor, asked)


@api.delete("/v1/removecompanyadmin/{companyAdminId}", name="removeCompanyAdmin", returns=CompanyAdmin)
def remove_admin(actor: Actor, data: dict[str, Any], company_admin_id: str) -> CompanyAdmin:
    """Take the right from an admin, or leave, while another active admin remains."""
    return commands.remove_admin(actor, company_admin_id)


@api.create("/v1/followcompany", name="followCompany", body=NewFollower, returns=CompanyFollower,
            id_name="companyFollowerId")
def follow_company(actor: Actor, data: dict[str, Any]) -> CompanyFollower:
    """Follow a company; of a private page ask to, which `followState` says."""
    return following.follow_company(actor, **data)


@api.delete("/v1/unfollowcompany/{companyFollowerId}", name="unfollowCompany", returns=CompanyFollower)
def unfollow_company(actor: Actor, data: dict[str, Any], company_follower_id: str) -> CompanyFollower:
    """Follow no longer, or take a request back."""
    return following.unfollow_company(actor, company_follower_id)


@api.get("/v1/companyfollowers/{companyFollowerId}", name="getCompanyFollower", returns=CompanyFollower)
def get_follower(actor: Actor, asked: ReadRequest, company_follower_id: str) -> Wire:
    """Get a follower's row, as the follower or an admin of the company."""
    return queries.get_follower(actor, company_follower_id)


@api.list("/v1/companyfollowers", name="listCompanyFollowers", returns=CompanyFollower,
          filters=queries.FOLLOWER_FILTERS, depends_on=(Company, CompanyAdmin))
def list_followers(actor: Actor, asked: ReadRequest) -> Listing:
    """List who follows the companies that the caller administers, and what the caller follows."""
    return queries.list_followers(actor, asked)


@api.update("/v1/companyfollowers/{companyFollowerId}", name="approveCompanyFollower", body=FollowerApproval,
            returns=CompanyFollower)
def approve_follower(actor: Actor, data: dict[str, Any], company_follower_id: str) -> CompanyFollower:
    """Let in who asked to follow a private page, as its admin."""
    return following.approve_follower(actor, company_follower_id)


@api.delete("/v1/companyfollowers/{companyFollowerId}", name="removeCompanyFollower", returns=CompanyFollower)
def remove_follower(actor: Actor, data: dict[str, Any], company_follower_id: str) -> CompanyFollower:
    """Refuse a request to follow, or show a follower out, as an admin of the company."""
    return following.remove_follower(actor, company_follower_id)


@api.create("/v1/companyupdates", name="createCompanyUpdate", body=NewUpdate, returns=CompanyUpdate,
            id_name="companyUpdateId")
def create_update(actor: Actor, data: dict[str, Any]) -> CompanyUpdate:
    """Publish news in the name of a company, as its admin."""
    return updates.publish_update(actor, **data)


@api.delete("/v1/companyupdates/{companyUpdateId}", name="deleteCompanyUpdate", returns=CompanyUpdate)
def delete_update(actor: Actor, data: dict[str, Any], company_update_id: str) -> CompanyUpdate:
    """Delete news of a company, as its admin."""
    return updates.delete_update(actor, company_update_id)


@api.get("/v1/companyupdates/{companyUpdateId}", name="getCompanyUpdate", returns=CompanyUpdate)
def get_update(actor: Actor, asked: ReadRequest, company_update_id: str) -> Wire:
    """Get news of a company; private ones as admin or follower."""
    return queries.get_update(actor, company_update_id)


@api.list("/v1/companyupdates", name="listCompanyUpdates", returns=CompanyUpdate, filters=queries.UPDATE_FILTERS,
          depends_on=(Company, *_WHO_SEES, "rows:user"))
def list_updates(actor: Actor, asked: ReadRequest) -> Listing:
    """List the news of companies that the caller may see."""
    return queries.list_updates(actor, asked)


@api.update("/v1/companyupdates/{companyUpdateId}", name="updateCompanyUpdate", body=UpdateChange,
            returns=CompanyUpdate)
def update_update(actor: Actor, data: dict[str, Any], company_update_id: str) -> CompanyUpdate:
    """Change news of a company, as its admin."""
    return updates.change_update(actor, company_update_id, **data)

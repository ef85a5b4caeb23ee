"""URL map of company (contract documents 066–083); approving and removing followers are ours (NET-10)."""
from typing import Any

from app.actor import Actor
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

api.create("/v1/companies", commands.create_company, "Make a company page and become its first admin.",
           name="createCompany", body=NewCompany, returns=Company, id_name="companyId")
api.delete("/v1/companies/{companyId}", commands.delete_company, "Delete a company page, as its admin.",
           name="deleteCompany", returns=Company)
api.get("/v1/companies/{companyId}", queries.get_company,
        "Get a company page with its numbers of followers and public updates; a private one as admin or follower.",
        name="getCompany", returns=Company)
api.list("/v1/companies", queries.list_companies, "List the company pages that the caller may see.",
         name="listCompanies", returns=Company, filters=queries.COMPANY_FILTERS, depends_on=(*_WHO_SEES, CompanyUpdate))
api.update("/v1/companies/{companyId}", commands.change_company, "Change a company page, as its admin.",
           name="updateCompany", body=CompanyChange, returns=Company)


def _throttled(actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Count who is made an admin, strangers too, who get a letter each."""
    spend_one_act("Assignments", actor, runtime().settings.messages_per_minute)
    return data


api.create("/v1/assigncompanyadmin", commands.assign_admin, "Make a person an admin of a company, as its admin.",
           name="assignCompanyAdmin", body=NewAdmin, returns=CompanyAdmin, id_name="companyAdminId", prepare=_throttled)
api.get("/v1/companyadmins/{companyAdminId}", queries.get_admin, "Get an admin's row, as an admin of the same company.",
        name="getCompanyAdmin", returns=CompanyAdmin)
api.list("/v1/companyadmins", queries.list_admins, "List the admins of the companies that the caller administers.",
         name="listCompanyAdmins", returns=CompanyAdmin, filters=queries.ADMIN_FILTERS, depends_on=(Company,))
api.delete("/v1/removecompanyadmin/{companyAdminId}", commands.remove_admin,
           "Take the right from an admin, or leave, while another active admin remains.",
           name="removeCompanyAdmin", returns=CompanyAdmin)
api.create("/v1/followcompany", following.follow_company,
           "Follow a company; of a private page ask to, which `followState` says.",
           name="followCompany", body=NewFollower, returns=CompanyFollower, id_name="companyFollowerId")
api.delete("/v1/unfollowcompany/{companyFollowerId}", following.unfollow_company,
           "Follow no longer, or take a request back.",
           name="unfollowCompany", returns=CompanyFollower)
api.get("/v1/companyfollowers/{companyFollowerId}", queries.get_follower,
        "Get a follower's row, as the follower or an admin of the company.",
        name="getCompanyFollower", returns=CompanyFollower)
api.list("/v1/companyfollowers", queries.list_followers,
         "List who follows the companies that the caller administers, and what the caller follows.",
         name="listCompanyFollowers", returns=CompanyFollower, filters=queries.FOLLOWER_FILTERS,
         depends_on=(Company, CompanyAdmin))


@api.update("/v1/companyfollowers/{companyFollowerId}", name="approveCompanyFollower", body=FollowerApproval,
            returns=CompanyFollower)
def approve_follower(actor: Actor, data: dict[str, Any], company_follower_id: str) -> CompanyFollower:
    """Let in who asked to follow a private page, as its admin."""
    return following.approve_follower(actor, company_follower_id)


api.delete("/v1/companyfollowers/{companyFollowerId}", following.remove_follower,
           "Refuse a request to follow, or show a follower out, as an admin of the company.",
           name="removeCompanyFollower", returns=CompanyFollower)
api.create("/v1/companyupdates", updates.publish_update, "Publish news in the name of a company, as its admin.",
           name="createCompanyUpdate", body=NewUpdate, returns=CompanyUpdate, id_name="companyUpdateId")
api.delete("/v1/companyupdates/{companyUpdateId}", updates.delete_update, "Delete news of a company, as its admin.",
           name="deleteCompanyUpdate", returns=CompanyUpdate)
api.get("/v1/companyupdates/{companyUpdateId}", queries.get_update,
        "Get news of a company; private ones as admin or follower.",
        name="getCompanyUpdate", returns=CompanyUpdate)
api.list("/v1/companyupdates", queries.list_updates, "List the news of companies that the caller may see.",
         name="listCompanyUpdates", returns=CompanyUpdate, filters=queries.UPDATE_FILTERS,
         depends_on=(Company, *_WHO_SEES, "rows:user"))
api.update("/v1/companyupdates/{companyUpdateId}", updates.change_update, "Change news of a company, as its admin.",
           name="updateCompanyUpdate", body=UpdateChange, returns=CompanyUpdate)

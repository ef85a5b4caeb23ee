"""Who may call company: whoever is logged in (NET-31); whose page it is, commands and queries check."""
from app.identity.access import Predicate, logged_in

POLICIES: dict[str, Predicate] = dict.fromkeys((
    "approveCompanyFollower", "assignCompanyAdmin", "createCompany", "createCompanyUpdate", "deleteCompany",
    "deleteCompanyUpdate", "followCompany", "getCompany", "getCompanyAdmin", "getCompanyFollower", "getCompanyUpdate",
    "listCompanies", "listCompanyAdmins", "listCompanyFollowers", "listCompanyUpdates", "removeCompanyAdmin",
    "removeCompanyFollower", "unfollowCompany", "updateCompany", "updateCompanyUpdate"), logged_in)

"""Who may call search: whoever is logged in (NET-31); what each sees, the services' own read rules decide."""
from app.identity.access import Predicate, logged_in

POLICIES: dict[str, Predicate] = {
    "getSuggestions": logged_in,
    "searchCompanies": logged_in,
    "searchJobs": logged_in,
    "searchPeople": logged_in,
    "searchPosts": logged_in,
}

"""company as one declaration."""
from app.data.moderated_kinds import ModeratedKind
from app.data.person_rows import ANONYMOUS, ERASED, exported, rows_of_people
from app.data.reads.joins import JoinTarget, Relation, relations_of
from app.ops.mends import Mend
from app.service import ServiceDeclaration
from blueprints.network.company import jobs, subscribers
from blueprints.network.company.counting import check_tallies, mend_tallies
from blueprints.network.company.following import forget_follower
from blueprints.network.company.index import COMPANIES, NEWS, READABLE
from blueprints.network.company.models import Company, CompanyAdmin, CompanyFollower, CompanyUpdate
from blueprints.network.company.moderation import company_subject, hold_company, restore_company
from blueprints.network.company.orphans import check_orphans
from blueprints.network.company.queries import companies_seen_by, news_by, pages_of
from blueprints.network.company.topics import COMPANY_CREATED, COMPANY_ORPHANED, COMPANY_UPDATED

_PAGE, _PERSON = Relation("companyId", "company"), Relation("userId", "user")

SERVICE = ServiceDeclaration(
    name="company", version="1.0.2", description="Company pages: their admins, followers and news.",
    realms=("network",),
    routes="blueprints.network.company.routes.api",
    indexes=(COMPANIES.index, NEWS.index),
    background=(jobs, subscribers),
    emits=lambda _: (COMPANY_ORPHANED,),
    readable=READABLE,
    relations=(
        relations_of(CompanyAdmin, _PERSON, _PAGE, Relation("assignedBy", "user", "assigner")),
        relations_of(CompanyFollower, _PERSON, _PAGE),
        relations_of(CompanyUpdate, Relation("authorUserId", "user", "author"), _PAGE),
    ),
    targets=(JoinTarget("company", ("id", "name", "logoUrl"), companies_seen_by, personal=True,
                        depends_on=("rows:companyAdmin", "rows:companyFollower")),),
    moderated=(ModeratedKind("COMPANY", Company, restore_company, company_subject, hold_company,
                             written=(COMPANY_CREATED, COMPANY_UPDATED)),),
    checks={"company tallies": check_tallies, "company admins": check_orphans},
    mends={"company tallies": Mend("counts the followers and updates of these companies anew", mend_tallies)},
    persons=(
        rows_of_people(Company, ANONYMOUS, "created_by_user_id", why="the page is its admins'",
                       export=exported("companies", where=pages_of)),
        rows_of_people(CompanyAdmin, ERASED, "user_id",
                       export=exported("company-roles", "user_id", without=("assigned_by",))),
        rows_of_people(CompanyAdmin, ANONYMOUS, "assigned_by", why="who was assigned stays one",
                       export="whose role it is has it"),
        rows_of_people(CompanyFollower, ERASED, "user_id", first=forget_follower,
                       export=exported("followed-companies", "user_id")),
        rows_of_people(CompanyUpdate, ANONYMOUS, "author_user_id", why="the news is the company's",
                       export=exported("company-news", where=news_by)),
    ),
)

"""Parts of the runtime that a listing asks for alone, made of the few modules they stand in: `flask index status` need
not import every service. They are the same that the services bring (tests/contract/test_declarations.py)."""
from collections.abc import Callable, Mapping
from importlib import import_module

WITH_JOBS = (
    "app.jobs.housekeeping", "app.notify.jobs", "app.payments.reconcile", "app.search.catalogue", "app.search.misses",
    "blueprints.platform.auth.jobs", "blueprints.platform.bucket.jobs", "blueprints.platform.moderation.jobs",
    "blueprints.marketplace.auction_offer.jobs", "blueprints.marketplace.feedback.jobs",
    "blueprints.marketplace.order_management.jobs", "blueprints.marketplace.search_indexing.jobs",
    "blueprints.marketplace.watchlist_cart.jobs", "blueprints.network.company.jobs",
    "blueprints.network.networking.jobs", "blueprints.network.profile.jobs", "blueprints.network.profile.premium_jobs",
)


def _schedule() -> object:
    from app.annotations import annotations_in
    from app.jobs.schedule import Schedule

    return Schedule(annotations_in(map(import_module, WITH_JOBS)))


def _indexes() -> object:
    from app.search.catalogue import Indexes
    from blueprints.marketplace.search_indexing.refreshing import INDEX
    from blueprints.network.company.index import COMPANIES
    from blueprints.network.content.index import POSTS
    from blueprints.network.job_application.index import JOBS
    from blueprints.network.profile.index import PEOPLE

    network = (index.index for index in (COMPANIES, POSTS, JOBS, PEOPLE))
    return Indexes((index.schema.name, index) for index in (INDEX, *network))


def _brief_columns() -> object:
    from blueprints.network.profile.briefs import BRIEFS

    return BRIEFS


ALONE: Mapping[str, Callable[[], object]] = {
    "BriefColumns": _brief_columns, "Indexes": _indexes, "Schedule": _schedule,
}
"""What makes the part of that type, by the type's name: to name the type itself would import it."""

"""Parts of the runtime that a listing asks for alone, made of the few modules they stand in: `flask index status` need
not import every service. They are the same that the services bring (tests/contract/test_declarations.py)."""
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.declared_jobs import DeclaredJob, declared_jobs

if TYPE_CHECKING:
    from app.data.moderated_kinds import ModeratedKinds
    from app.notify.letter_templates import LetterTemplate

WITH_JOBS = (
    "app.jobs.housekeeping", "app.notify.jobs", "app.payments.reconcile", "app.search.catalogue", "app.search.misses",
    "blueprints.platform.auth.jobs", "blueprints.platform.bucket.jobs", "blueprints.platform.moderation.jobs",
    "blueprints.platform.notification.jobs",
    "blueprints.marketplace.auction_offer.jobs", "blueprints.marketplace.order_management.jobs",
    "blueprints.marketplace.search_indexing.jobs", "blueprints.network.networking.jobs",
    "blueprints.network.profile.jobs", "blueprints.platform.webhooks.jobs", "blueprints.platform.bff.comparing",
)
"""The modules that declare periodic jobs."""


MENDED = (
    "auction orders", "auctions", "audit", "books", "company tallies", "conversations", "feed", "instance folder",
    "media", "network conversations", "owners and modes", "post tallies", "premium", "profileTerms", "queue",
    "rejected applications", "reputations", "search index", "search of comments", "search of companies",
    "search of feedback", "search of jobs", "search of marketplaceMessages", "search of networkMessages",
    "search of news", "search of people", "search of posts", "search of products", "stock", "stored views", "ties",
    "unread notifications", "watchlists",
)
"""What `flask doctor --fix` mends by name, which a TAB offers."""


_USER = "platform.auth.subjects.user_subject"
READERS = {
    "marketplace": {
        "CATEGORY": "marketplace.category_management.queries.category_subject",
        "FEEDBACK": "marketplace.feedback.moderation.feedback_subject",
        "MEDIA": "marketplace.product_listing.subjects.media_subject",
        "MESSAGE": "marketplace.messaging.subjects.message_subject",
        "ORDER": "marketplace.order_management.queries.order_subject",
        "PRODUCT": "marketplace.product_listing.subjects.product_subject",
        "USER": _USER},
    "network": {
        "COMMENT": "network.content.moderation.comment_subject",
        "COMPANY": "network.company.moderation.company_subject",
        "INVITATION": "network.networking.moderation.invitation_subject",
        "JOB": "network.job_application.moderation.posting_subject",
        "MESSAGE": "network.messaging.subjects.message_subject",
        "POST": "network.content.moderation.post_subject",
        "PROFILE": "network.profile.moderation.profile_subject",
        "USER": _USER}}
"""What reads a thing for staff, by realm and type, below blueprints/."""


def keep_kind_to_read(realm: str, entity_type: str) -> None:
    """Let a command that only reads one thing know what reads its type; where all services are, they say it."""
    from app.runtime import runtime

    if runtime().bring is not None:
        runtime().keep(kind_to_read(realm, entity_type))


def kind_to_read(realm: str, entity_type: str) -> "ModeratedKinds":
    """Return the kind of that type alone, for who reads such a thing; no kind for a type that nobody reads."""
    from app.data.moderated_kinds import ModeratedKind, ModeratedKinds

    reader = READERS[realm].get(entity_type)
    if reader is None:
        return ModeratedKinds()
    module, _, function = reader.rpartition(".")
    return ModeratedKinds({(realm, entity_type): ModeratedKind(
        entity_type, read=getattr(import_module(f"blueprints.{module}"), function))})


def _schedule() -> object:
    """The jobs by name, period and meaning; to run one, the services bring it."""
    from app.jobs.schedule import PeriodicJob, Schedule

    return Schedule(PeriodicJob(job.name, job.every, _is_brought_to_run, job.meaning) for job in periodic_jobs())


def periodic_jobs() -> Iterator[DeclaredJob]:
    """Yield the periodic jobs of all services, as their modules declare them."""
    for module in WITH_JOBS:
        yield from declared_jobs(module)


def _is_brought_to_run() -> object:
    raise RuntimeError("this job was only listed: runtime().complete() brings what runs it")


def _indexes() -> object:
    from app.search.catalogue import Indexes
    from blueprints.marketplace.feedback.index import WORDS as FEEDBACK
    from blueprints.marketplace.messaging.index import WORDS as MARKETPLACE_MESSAGES
    from blueprints.marketplace.product_listing.index import LISTINGS
    from blueprints.marketplace.search_indexing.index import INDEX
    from blueprints.network.company.index import COMPANIES, NEWS
    from blueprints.network.content.index import COMMENTS, POSTS
    from blueprints.network.job_application.index import JOBS
    from blueprints.network.messaging.index import WORDS as NETWORK_MESSAGES
    from blueprints.network.profile.index import PEOPLE

    worded = (rows.index for rows in (
        LISTINGS, FEEDBACK, MARKETPLACE_MESSAGES, COMPANIES, NEWS, POSTS, COMMENTS, JOBS, PEOPLE,
        NETWORK_MESSAGES))
    return Indexes((index.schema.name, index) for index in (INDEX, *worded))


def _brief_columns() -> object:
    from blueprints.network.profile.briefs import BRIEFS

    return BRIEFS


def _queues() -> object:
    from app.ops.queues import ServiceQueues
    from blueprints.platform.bucket.queues import PICTURES
    from blueprints.platform.moderation.queues import OPEN_CASES
    from blueprints.platform.webhooks.queues import DUE

    return ServiceQueues(pictures=PICTURES, cases=OPEN_CASES, webhooks=DUE)


def setting_grammars() -> Mapping[str, Callable[[Any], object]]:
    """Return what reads each setting whose grammar only its service knows."""
    from app.data.money import read_currency
    from app.notify.fcm_account import read_account
    from app.search.weights import read_weights
    from blueprints.marketplace.auction_offer.rules import parse_increments
    from blueprints.marketplace.order_management.rules import parse_commission
    from blueprints.network.profile.premium_rules import parse_price

    return {"bid_increments": partial(parse_increments, minor_factor=100), "commission_percent": parse_commission,
            "premium_price": parse_price, "premium_currency": read_currency,
            "marketplace_currency": read_currency, "search_weights": read_weights,
            "fcm_credentials_file": read_account}


def count_own_texts(folder: Path, realms: Iterable[str]) -> int:
    """Return how many texts of NOTICE_TEMPLATES can be filled in; raises ValueError as `flask doctor` says it."""
    if folder == Path():
        return 0
    from app.notify.letter_templates import count_texts

    return count_texts(folder, realms, letter_templates())


def letter_templates() -> "Iterator[LetterTemplate]":
    """Yield all that the services write, of notices, too, without what they do."""
    from app.notify.letters import FRAME, PLATFORM_TEMPLATES
    from blueprints.marketplace.notification_management.letters import KINDS as MARKETPLACE
    from blueprints.network.notices.words import KINDS as NETWORK
    from blueprints.network.profile.premium_letters import PREMIUM_ENDS
    from blueprints.platform.moderation.letters import LETTERS
    from blueprints.platform.notification.words import DIGEST_LETTER, KINDS
    from blueprints.platform.webhooks.letters import FAILING, STOPPED

    yield from (*FRAME, *PLATFORM_TEMPLATES.values(), DIGEST_LETTER, *LETTERS, FAILING, STOPPED, PREMIUM_ENDS)
    yield from (kind.words for kinds in (KINDS, MARKETPLACE, NETWORK) for kind in kinds.values())


ALONE: Mapping[str, Callable[[], object]] = {
    "BriefColumns": _brief_columns, "Indexes": _indexes, "Schedule": _schedule, "ServiceQueues": _queues,
}
"""What makes the part of that type, by the type's name: to name the type itself would import it."""

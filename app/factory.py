"""The front door: create_app reads as the table of contents of the system.

This is the only file of app/ that knows the blueprints: SERVICES is the list of everything that is mounted."""
from collections.abc import Sequence
from functools import partial

from flask import Flask

from app.annotations import annotations_in
from app.data.changes import OutboxRecord
from app.data.moderated_kinds import ModeratedKinds, PersonEffects
from app.data.person_rows import ERASED, EXPIRING, KEPT, Obligation, Obligations, PersonTables, exported, rows_of_people
from app.data.reads.joins import Joins
from app.data.visibility import ReadObjects
from app.events.relay import WakeUp
from app.events.subscriptions import Subscriptions
from app.http.private_files import FileProperties
from app.http.read_events import ReadEventBuffer
from app.identity.authentication import install_identity
from app.jobs import housekeeping
from app.jobs.schedule import DueKind, PeriodicJob, Schedule
from app.jobs.wakeup import DELIVER, wake
from app.notify import jobs as mail_jobs
from app.notify.bounces import BouncedAddress, bounces_of
from app.notify.letter_templates import LetterTemplates
from app.notify.mailbox import letters_to
from app.notify.models import MailMessage
from app.notify.notice_kinds import NoticeKinds
from app.opening import opened_application
from app.ops.backup.apart import ApartStores
from app.ops.checks import ServiceChecks
from app.ops.mends import ServiceMends
from app.ops.migrations import MigrateOnDemand
from app.ops.queues import ServiceQueues
from app.payments import reconcile as payment_jobs
from app.payments.checkout import Checkouts, attempts_of, open_payments_of
from app.payments.records import PaymentAttempt, PaymentRefund
from app.release import VERSION
from app.runtime import Runtime, runtime_of
from app.search import catalogue, misses
from app.search.catalogue import Indexes
from app.search.misses import SearchMiss
from app.service import ServiceDeclaration
from app.settings import Settings, SettingsError, load_settings, unreadable
from blueprints.equipment.service import SERVICE as EQUIPMENT
from blueprints.marketplace.admin_moderation.service import SERVICE as ADMIN_MODERATION
from blueprints.marketplace.auction_offer.service import SERVICE as AUCTION_OFFER
from blueprints.marketplace.category_management.service import SERVICE as CATEGORY_MANAGEMENT
from blueprints.marketplace.feedback.service import SERVICE as FEEDBACK
from blueprints.marketplace.messaging.service import SERVICE as MESSAGING
from blueprints.marketplace.notification_management.service import SERVICE as NOTIFICATION_MANAGEMENT
from blueprints.marketplace.order_management.service import SERVICE as ORDER_MANAGEMENT
from blueprints.marketplace.product_listing.service import SERVICE as PRODUCT_LISTING
from blueprints.marketplace.search_indexing.service import SERVICE as SEARCH_INDEXING
from blueprints.marketplace.watchlist_cart.service import SERVICE as WATCHLIST_CART
from blueprints.network.admin_moderation.service import SERVICE as NETWORK_MODERATION
from blueprints.network.company.service import SERVICE as COMPANY
from blueprints.network.content.service import SERVICE as CONTENT
from blueprints.network.job_application.service import SERVICE as JOB_APPLICATION
from blueprints.network.messaging.service import SERVICE as NETWORK_MESSAGING
from blueprints.network.networking.service import SERVICE as NETWORKING
from blueprints.network.notices.service import SERVICE as NETWORK_NOTICES
from blueprints.network.profile.service import SERVICE as PROFILE
from blueprints.network.search.service import SERVICE as NETWORK_SEARCH
from blueprints.organization.service import SERVICE as ORGANIZATION
from blueprints.platform.auth.queries import user_facts
from blueprints.platform.auth.service import SERVICE as AUTH
from blueprints.platform.bff.service import SERVICE as BFF
from blueprints.platform.bucket.service import SERVICE as BUCKET
from blueprints.platform.moderation.service import SERVICE as MODERATION
from blueprints.platform.notification.service import SERVICE as NOTIFICATION
from blueprints.platform.people.service import SERVICE as PEOPLE
from blueprints.platform.realtime.service import SERVICE as REALTIME
from blueprints.platform.webhooks.service import SERVICE as WEBHOOKS

KERNEL = ServiceDeclaration(
    name="kernel", version=VERSION, description="What no service brings: housekeeping, mail, payments, search.",
    realms=(),
    background=(housekeeping, mail_jobs, payment_jobs, catalogue, misses),
    cli=("cli.backup", "cli.db", "cli.demo", "cli.doctor", "cli.events", "cli.index", "cli.jobs", "cli.notify",
         "cli.prepare", "cli.serve", "cli.settings", "cli.status", "cli.upgrade"),
    persons=(
        rows_of_people(OutboxRecord, EXPIRING, "user_id", why="removed a week after the event was delivered",
                       export="says again what the rows say"),
        rows_of_people(PaymentAttempt, KEPT, "user_id", why="who paid what: ledger and gateway need it",
                       export=exported("payment-attempts", where=attempts_of, without=(
                           "method_id", "customer_id", "return_url", "intent_id", "check_at", "checks"))),
        rows_of_people(PaymentRefund, KEPT, "requested_by", why="which staff gave money back",
                       export="what staff did; the refunded order says so"),
        rows_of_people(MailMessage, EXPIRING, "user_id", why="removed with the account, or after MAIL_DAYS",
                       export=exported("letters", where=letters_to, without=(
                           "html", "dedupe_key", "lane", "attempts", "next_attempt_at", "last_error", "bounced_at"))),
        rows_of_people(BouncedAddress, EXPIRING, why="removed with the account, or when the address is proved",
                       export=exported("returned-letters", where=bounces_of)),
        rows_of_people(SearchMiss, ERASED, "user_id",
                       export="a hash of what was searched, until others searched it, too"),
    ),
    obligations=(Obligation(open_payments_of),),
)
SERVICES = (
    KERNEL,
    # in every realm
    AUTH, BFF, BUCKET, MODERATION, NOTIFICATION, PEOPLE, REALTIME, WEBHOOKS,
    # of the marketplace
    ADMIN_MODERATION, AUCTION_OFFER, CATEGORY_MANAGEMENT, FEEDBACK, MESSAGING, NOTIFICATION_MANAGEMENT,
    ORDER_MANAGEMENT, PRODUCT_LISTING, SEARCH_INDEXING, WATCHLIST_CART,
    # of the network
    COMPANY, CONTENT, JOB_APPLICATION, NETWORK_MESSAGING, NETWORK_MODERATION, NETWORKING, NETWORK_NOTICES,
    NETWORK_SEARCH, PROFILE,
    # outside the realms
    EQUIPMENT, ORGANIZATION,
)


def create_app(settings: Settings | None = None, services: Sequence[ServiceDeclaration] = SERVICES) -> Flask:
    """Return the application that serves these services; raises SettingsError when a setting is wrong or missing."""
    from app.mounting import mount

    settings = settings or load_settings()
    refuse_unreadable(settings, services)
    app = opened_application(settings)
    bring(app, services)
    app.extensions["migrate"] = MigrateOnDemand()
    mount(app, services, VERSION)
    return app


def bring(app: Flask, services: Sequence[ServiceDeclaration] = SERVICES) -> None:
    """Put all that the services bring into the app's runtime, but for their routes (app/mounting.py)."""
    runtime = runtime_of(app)
    _hand_down(runtime)
    install_identity(runtime, user_facts)
    _hold(runtime, services)


def _hand_down(runtime: Runtime) -> None:
    """Hand the lower floors what they need of the higher ones and may not import."""
    runtime.keep(WakeUp(deliver=partial(wake, DELIVER)), ReadEventBuffer(runtime.redis, _count_dropped))


def _count_dropped(reason: str, count: int) -> None:
    from app.ops.metrics import count_dropped_read_events

    count_dropped_read_events(reason, count)


def refuse_unreadable(settings: Settings, services: Sequence[ServiceDeclaration]) -> None:
    """Raise SettingsError for settings whose grammar only their service knows, before somebody bids or pays by one."""
    grammars = {name: parse for service in services for name, parse in service.settings.items()}
    if wrong := unreadable(settings, grammars):
        raise SettingsError("\n".join(wrong.values()))


def _hold(runtime: Runtime, services: Sequence[ServiceDeclaration]) -> None:
    """Put what the services bring into the runtime, as one table of each kind; raises ValueError for a name twice."""
    joins = Joins(runtime.cache_versions)
    joins.declare(((service.name, target) for service in services for target in service.targets),
                  (relations for service in services for relations in service.relations))
    annotations = annotations_in(module for service in services for module in service.background)
    kinds = ModeratedKinds(((realm, kind.entity_type), kind)
                           for service in services for realm in service.realms for kind in service.moderated)
    runtime.keep(
        joins,
        ReadObjects((realm, one) for service in services for realm in service.realms for one in service.readable),
        Subscriptions(one for service in services for one in service.subscriptions(kinds, joins)),
        Schedule(one for one in annotations if isinstance(one, PeriodicJob | DueKind)),
        Indexes((index.schema.name, index) for service in services for index in service.indexes),
        Checkouts((checkout.name, checkout) for service in services for checkout in service.checkouts),
        PersonTables(rows for service in services for rows in service.persons),
        Obligations(one for service in services for one in service.obligations),
        kinds,
        NoticeKinds(((realm, name), kind) for service in services for realm in service.realms
                    for name, kind in service.notices.items()),
        LetterTemplates(one for service in services for one in service.letters),
        PersonEffects(effect for service in services for effect in service.person_effects),
        FileProperties((one for service in services for one in service.files),
                       [target for service in services for target in service.targets]),
        ApartStores((service.name, service.apart) for service in services if service.apart is not None),
        ServiceChecks(item for service in services for item in service.all_checks.items()),
        ServiceMends(item for service in services for item in service.all_mends.items()),
        ServiceQueues(item for service in services for item in service.queues.items()),
        *(table for service in services for table in service.hands_down))

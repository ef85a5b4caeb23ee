"""webhooks as one declaration; every realm has it."""
from app.data.person_rows import ERASED, EXPIRING, exported, rows_of_people
from app.identity.lost_passwords import OnLostPassword
from app.service import EVERY_REALM, ServiceDeclaration
from blueprints.platform.webhooks import checks, jobs, letters
from blueprints.platform.webhooks.commands import suspend_endpoints_of
from blueprints.platform.webhooks.models import WebhookEndpoint, WebhookMessage
from blueprints.platform.webhooks.queues import DUE

SERVICE = ServiceDeclaration(
    name="webhooks", version="1.0.0",
    description="What happens is sent to HTTPS addresses that people name, signed, in order, at least once.",
    realms=EVERY_REALM,
    routes="blueprints.platform.webhooks.routes.api",
    background=(jobs,),
    checks={"webhooks": checks.check_webhooks},
    queues={"webhooks": DUE},
    cli=("cli.webhooks",),
    hands_down=(OnLostPassword(suspend_endpoints_of),),
    letters=(letters.FAILING, letters.STOPPED),
    persons=(
        rows_of_people(WebhookEndpoint, ERASED, "user_id", export=exported(
            "webhooks", "user_id", without=("secret", "former_secret"))),
        rows_of_people(WebhookMessage, EXPIRING, why="removed with the webhook, or after seven days",
                       export="says which events were sent; the rows say it"),
    ),
)

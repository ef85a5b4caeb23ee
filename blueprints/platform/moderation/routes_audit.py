"""URL map of the audit; routes.py includes it."""
from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.naming import ApiNames
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.policies import POLICIES

api = Routes(POLICIES, {
    "listAuditEntries": ApiNames(data_name="auditEntries"),
    "verifyAudit": ApiNames("audit-verified", "auditVerdict")})


@api.list("/v1/audit", name="listAuditEntries", cached=False)
def list_entries(actor: Actor, asked: ReadRequest) -> Listing:
    """List what was done, and to what, the newest first."""
    return audit.list_entries(actor.realm, asked.page)


@api.get("/v1/audit/verify", name="verifyAudit")
def verify(actor: Actor, asked: ReadRequest) -> Wire:
    """Read the whole audit, and say where it is not what was written."""
    return audit.verify(actor.realm).wire()

"""What networking does by the clock: nothing depends on it, it only tidies up (NET-5)."""
from app.actor import Actor
from app.jobs.schedule import periodic
from blueprints.network.networking.commands import expire_requests

REALM = "network"


@periodic("expire-invitations", realm=REALM, hours=1)
def expire_invitations(actor: Actor) -> str:
    """Remove invitations that nobody answered in INVITATION_DAYS, and bars that have ended."""
    return f"{expire_requests(actor)} invitations expired"

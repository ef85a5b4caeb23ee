"""What profile does by the clock: it writes who looked at profiles, and forgets it again (NET-26)."""
from app.actor import Actor
from app.jobs.schedule import periodic
from blueprints.network.profile.profile_views import forget_views, write_views

REALM = "network"


@periodic("write-profile-views", realm=REALM, minutes=1)
def write_waiting_views(actor: Actor) -> str:
    """Write who looked at whose profile since the last time."""
    return f"{write_views(actor)} views written"


@periodic("forget-profile-views", realm=REALM, hours=6)
def forget_old_views(actor: Actor) -> str:
    """Forget who looked at a profile more than 90 days ago."""
    return f"{forget_views(actor)} views removed"

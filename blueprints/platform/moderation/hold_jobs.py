"""What moderation does by the clock with what it holds: holds for some days end."""
from app.jobs.schedule import kernel_periodic
from app.runtime import runtime
from blueprints.platform.moderation.holding import lapse_holds


@kernel_periodic("lapse-holds", minutes=1)
def lapse_due_holds() -> dict[str, int]:
    """Show again what was held for some days only."""
    return {realm: lapse_holds(realm) for realm in runtime().settings.realms}

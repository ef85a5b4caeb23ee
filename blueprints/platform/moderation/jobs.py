"""What moderation does by the clock."""
from app.actor import system_actor
from app.data.unit_of_work import unit_of_work
from app.jobs.schedule import kernel_periodic
from app.runtime import runtime
from blueprints.platform.moderation.evidence import purge_evidence


@kernel_periodic("purge-evidence", days=1)
def purge_old_evidence() -> dict[str, int]:
    """Remove the copies of what was judged that nobody can appeal any more (M-33)."""
    return {realm: _purged(realm) for realm in runtime().settings.realms}


def _purged(realm: str) -> int:
    with unit_of_work(system_actor(realm)) as work:
        removed = purge_evidence(work)
        work.commit()
    return removed

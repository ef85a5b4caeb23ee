"""What moderation does by the clock: holds and suspensions end, letters of bulks are written, copies of
what was judged go."""
from app.actor import system_actor
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.jobs.schedule import kernel_periodic, on_due
from app.runtime import runtime
from blueprints.platform.auth.suspensions import SUSPENSION_ENDS
from blueprints.platform.moderation.bulk_letters import BULK_LETTERS, write_letters
from blueprints.platform.moderation.evidence import purge_evidence
from blueprints.platform.moderation.holding import lapse_holds
from blueprints.platform.moderation.persons import end_suspensions_by_clock


@kernel_periodic("lapse-holds", minutes=1)
def lapse_due_holds() -> dict[str, int]:
    """Show again what was held for some days only."""
    return {realm: lapse_holds(realm) for realm in runtime().settings.realms}


@on_due(SUSPENSION_ENDS, realm="marketplace")
@on_due(SUSPENSION_ENDS, realm="network")
def end_due_suspensions(work: UnitOfWork, person_id: str) -> None:
    """Let what a suspension kept from being seen be seen again (M-2)."""
    end_suspensions_by_clock(work, person_id)


@on_due(BULK_LETTERS, realm="marketplace")
@on_due(BULK_LETTERS, realm="network")
def write_bulk_letters(work: UnitOfWork, bulk_id: str) -> None:
    """Tell people what a bulk did to what is theirs, one letter to each (M-31)."""
    write_letters(work, bulk_id)


@kernel_periodic("purge-evidence", days=1)
def purge_old_evidence() -> dict[str, int]:
    """Remove the copies of what was judged that nobody can appeal any more (M-33)."""
    return {realm: _purged(realm) for realm in runtime().settings.realms}


def _purged(realm: str) -> int:
    with unit_of_work(system_actor(realm)) as work:
        removed = purge_evidence(work)
        work.commit()
    return removed

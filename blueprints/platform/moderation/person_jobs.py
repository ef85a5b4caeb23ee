"""What moderation does to people by the clock: suspensions end at their moment."""
from app.data.unit_of_work import UnitOfWork
from app.jobs.schedule import on_due
from blueprints.platform.auth.suspensions import SUSPENSION_ENDS
from blueprints.platform.moderation.persons import end_suspensions_by_clock


@on_due(SUSPENSION_ENDS, realm="marketplace")
@on_due(SUSPENSION_ENDS, realm="network")
def end_due_suspensions(work: UnitOfWork, person_id: str) -> None:
    """Let what a suspension kept from being seen be seen again (M-2)."""
    end_suspensions_by_clock(work, person_id)

"""What company does by the clock: lets in who waited at a page that has become public."""
from app.data.unit_of_work import UnitOfWork
from app.jobs.schedule import on_due
from blueprints.network.company.commands import APPROVE_DUE
from blueprints.network.company.following import approve_waiting

REALM = "network"


@on_due(APPROVE_DUE, realm=REALM)
def approve_who_waits(work: UnitOfWork, company_id: str) -> None:
    """Let in whoever waits at a page that is public now."""
    approve_waiting(work, company_id)

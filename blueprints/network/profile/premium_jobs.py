"""What premium does by the clock: a letter before it ends. It ends without a job: the clock decides (NET-27)."""
from app.data.columns import iso
from app.data.unit_of_work import UnitOfWork
from app.jobs.schedule import on_due
from app.notify.mailbox import post_letter
from blueprints.network.profile.premium_letters import PREMIUM_ENDS
from blueprints.network.profile.premium_models import Premiumsubscription
from blueprints.network.profile.premium_queries import premium_until
from blueprints.network.profile.premium_settlement import REALM, TELL_OF_END
from blueprints.platform.auth.queries import contact_of


@on_due(TELL_OF_END, realm=REALM)
def tell_of_end(work: UnitOfWork, order_id: str) -> None:
    """Write to the person whose last period this is that premium ends; silent when more is paid by now."""
    order = work.find(Premiumsubscription, Premiumsubscription.id == order_id)
    if order is None or order.period_end is None or premium_until(order.user_id) != order.period_end:
        return
    contact = contact_of(REALM, order.user_id)
    if contact is not None:
        post_letter(work, realm=REALM, to=contact["email"], name="PREMIUM_ENDS", template=PREMIUM_ENDS,
                    facts={"fullname": contact["fullname"], "day": f"{order.period_end:%d %B %Y}", "days": order.days},
                    cause=f"{TELL_OF_END}:{order.id}:{iso(order.period_end)}", user_id=order.user_id)

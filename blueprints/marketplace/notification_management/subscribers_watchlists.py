"""Who is notified of news about what people watch: those whom the event names, in the app (decisions/073)."""
from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from app.notify.letter_templates import spoken_amount
from blueprints.marketplace.notification_management.rules import watched_sentence
from blueprints.marketplace.watchlist_cart.topics import WATCHED_NEWS
from blueprints.platform.notification.notices import tell_all
from blueprints.platform.notification.words import SYSTEM_ALERT


@subscribe(WATCHED_NEWS, name="notifications.watched-news")
def tell_watchers(work: UnitOfWork, event: Event) -> None:
    """Tell the watchers of a listing that it is cheaper, ends soon, or is sold."""
    news = {name: value for name, value in event.payload.items() if name != "userIds"}
    message = watched_sentence(news, spoken_amount(news["price"], news["currency"]))
    tell_all(work, event, SYSTEM_ALERT, event.payload["userIds"], news | {"message": message})

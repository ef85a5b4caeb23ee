"""What keeps the copies of the views up to date: the events of their rows, and of what these point at."""
from collections.abc import Sequence

from app.data.reads.joins import Joins
from app.events.event_delivery import Event
from app.events.subscriptions import Subscription
from app.events.topics import change_of, db_topic
from blueprints.platform.bff.stored_views import kept_targets, refresh, showing, stored_views
from blueprints.platform.bff.views import views_of

MOST_FOLLOWED = 100
"""How many documents of a view follow one change of a part, the newest: a page. The others are late until the nightly
comparison, which nobody sees: what is late is read."""


def followed(joins: Joins) -> Subscription:
    """Return the subscriber of the events of all rows that views show, and of all parts that they keep."""
    models = {(model.__realm__, model) for model in joins.models()
              if model.__object__ in views_of(getattr(model, "__realm__", "")).values()}
    models |= {(realm, target.proof.model_in(realm)) for realm, model in list(models)
               for relation, target in joins.of(model) if target.proof is not None and not relation.by_query}
    return Subscription("bff.stored-views", frozenset(
        db_topic(realm, model.__service__, model.__object__, verb) for realm, model in models
        for verb in ("created", "updated", "deleted")), batch_handler=follow)


def follow(events: Sequence[Event]) -> None:
    """Bring up to date the documents of the rows that events tell of, and of the newest that show them as a part."""
    realm, changed = events[0].realm, dict[str, set[str]]()
    for event in events:
        if (change := change_of(event.topic)) is not None:
            changed.setdefault(change.object, set()).add(event.key)
    for view, model in stored_views(realm).items():
        ids = set(changed.get(model.__object__.lower(), ()))
        for part in {target.object for target in kept_targets(model).values()}:
            for part_id in changed.get(part.lower(), ()):
                ids.update(showing(realm, view, part, part_id, MOST_FOLLOWED))
        refresh(realm, view, ids)

"""What the contract calls things, derived from the name of an API and the data object it answers with.

Its misspellings are the rule here: the topic of everything that was got is `…-retrived`."""
import re
from dataclasses import dataclass

_VERB = re.compile(r"[a-z]+")
_PAST = {
    "archive": "archived", "callback": "calledback", "complete": "completed", "create": "created",
    "delete": "deleted", "get": "retrived", "lis": "lissed", "list": "listed", "refresh": "refreshed",
    "register": "registered", "search": "searched", "start": "started", "update": "updated",
}


@dataclass(frozen=True)
class ApiNames:
    """The event of an API (`category-created`) and the member of its answer that holds the row or the rows.

    In a service's table of irregular names, "" stands for what follows the rule."""

    event: str = ""
    data_name: str = ""


def api_names(api: str, object_name: str, *, is_list: bool, irregular: ApiNames | None = None) -> ApiNames:
    """Return event and data name of an API, e.g. of `listCategories` with the object `category`.

    Raises ValueError for a verb whose past is not known, or without a data object to name the answer after."""
    said = irregular or ApiNames()
    event, data_name = said.event or _event(api), said.data_name or (_plural(object_name) if is_list else object_name)
    if not event or not data_name:
        raise ValueError(f"{api}: name its event and its data in the service's table of irregular names")
    return ApiNames(event, data_name)


def _event(api: str) -> str:
    verb = _VERB.match(api)
    past = _PAST.get(verb[0]) if verb else None
    return f"{api[verb.end():].lower()}-{past}" if verb and past else ""


def _plural(name: str) -> str:
    if not name:
        return ""
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"

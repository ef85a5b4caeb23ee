"""Where the words stand in rows that were found (app/search/highlighting.py): in what the caller is shown, no more."""
from collections.abc import Sequence

import orjson

from app.data.serialization import Wire
from app.search.highlighting import Marker
from app.search.synonyms import synonyms_file
from blueprints.platform.bff.indexes import CallersIndex

Highlights = dict[str, dict[str, str]]
"""Of each row by its id: property → a piece of its text, escaped for HTML, the words in `<em>`."""


def highlighted(index: CallersIndex, words: str, rows: Sequence[Wire]) -> Highlights:
    """Return where the words stand in the rows as they are shown; rows and properties without any are missing."""
    if not words.strip() or not rows or not index.words:
        return {}
    marker, found = Marker(words, synonyms_file().current()), {}
    for row in orjson.loads(orjson.dumps(rows)):  # on SQLite lists are still text on their way to the answer
        pieces = {name: piece for name in index.words if (piece := marker.marked(row.get(name))) is not None}
        if pieces:
            found[row["id"]] = pieces
    return found

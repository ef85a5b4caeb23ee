"""Two who record the same reference at once: one record, nobody refused (decided by the unique index)."""
import threading

from flask import Flask
from sqlalchemy import func, select

from app.actor import system_actor
from app.data.ids import uuid7
from app.data.reads import fetch_one
from blueprints.marketplace.search_indexing.commands import put_document
from blueprints.marketplace.search_indexing.models import SearchIndex

_SYSTEM = system_actor("marketplace")


def test_rivals_share_one_record(app: Flask) -> None:
    reference = uuid7()
    start = threading.Barrier(6)
    recorded: list[str] = []
    refused: list[Exception] = []

    def record(number: int) -> None:
        with app.app_context():
            start.wait()
            try:
                recorded.append(put_document(_SYSTEM, document_type="CATEGORY", reference_id=reference,
                                             document={"title": f"Writer {number}"}).id)
            except Exception as error:
                refused.append(error)

    rivals = [threading.Thread(target=record, args=(number,)) for number in range(6)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()
    assert refused == []
    assert (len(recorded), len(set(recorded))) == (6, 1)
    count = fetch_one(select(func.count()).select_from(SearchIndex).where(SearchIndex.reference_id == reference))
    assert count is not None
    assert count[0] == 1

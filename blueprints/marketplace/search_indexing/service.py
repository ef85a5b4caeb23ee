"""searchIndexing as one declaration."""
from functools import partial

from app.data.moderated_kinds import ModeratedKind
from app.data.money import read_currency
from app.data.person_rows import ERASED, rows_of_people
from app.ops.mends import Mend
from app.search.catalogue import INDEX_MEND, check_index, mend_index
from app.search.weights import read_weights
from app.service import ServiceDeclaration
from blueprints.marketplace.admin_moderation.corrections import SearchRebuild
from blueprints.marketplace.search_indexing import jobs, subscribers
from blueprints.marketplace.search_indexing.commands import ask_for_rebuild, restore_document
from blueprints.marketplace.search_indexing.index import INDEX, READABLE
from blueprints.marketplace.search_indexing.models import SearchIndex

SERVICE = ServiceDeclaration(
    name="searchIndexing", version="1.0.0",
    description="The searchable documents of products, sellers, categories and subcategories.",
    realms=("marketplace",),
    routes="blueprints.marketplace.search_indexing.routes.api",
    background=(jobs, subscribers),
    readable=READABLE,
    indexes=(INDEX,),
    settings={"marketplace_currency": read_currency, "search_weights": read_weights},
    checks={"search index": partial(check_index, INDEX.schema.name)},
    mends={"search index": Mend(INDEX_MEND, partial(mend_index, INDEX.schema.name))},
    moderated=(ModeratedKind("SEARCHINDEX", SearchIndex, restore_document),),
    hands_down=(SearchRebuild(ask_for_rebuild),),
    persons=(
        rows_of_people(SearchIndex, ERASED, "reference_id", "seller_ref", export="made of the listings"),
    ),
)

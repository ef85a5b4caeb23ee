"""Who sees the records of searchIndexing: everybody, but for those of sellers who rest, until the event has taken them
out (decision 41)."""
from app.data.visibility import EVERYONE, Visibility, all_of, member, not_
from blueprints.marketplace.search_indexing.models import SearchIndex
from blueprints.platform.people.visibility import RESTING_SELLERS

RECORDS = Visibility(SearchIndex, EVERYONE, there=all_of(
    not_(member("sellerRef", RESTING_SELLERS)), not_(member("referenceId", RESTING_SELLERS))))

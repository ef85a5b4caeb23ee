"""Who sees what: one expression for each data object, read by SQL, by Python and by the index (docs/decisions/102)."""
from app.data.visibility.expressions import (
    EVERYONE,
    NOBODY,
    AllOf,
    AnyOf,
    Constant,
    Expression,
    Is,
    Mask,
    Me,
    Member,
    Not,
    SignedIn,
    Through,
    Visibility,
    all_of,
    any_of,
    attributes_of,
    for_caller,
    is_,
    mask,
    mask_all_but,
    me,
    member,
    no_one,
    not_,
    owner_field,
    signed_in,
    staff,
    super_admin,
    through,
)
from app.data.visibility.in_index import field_through, rule_in_index
from app.data.visibility.in_python import (
    Facts,
    each_shown,
    each_visible,
    facts_by_id,
    holds,
    masked_fields,
    those_shown,
    those_visible,
)
from app.data.visibility.in_sql import (
    expression_in_sql,
    rule_in_sql,
    seen_by,
    visible_apart,
    visible_in_sql,
)
from app.data.visibility.reached import reached_in_sql
from app.data.visibility.readable import Derived, NamedSort, ReadObject, ReadObjects, read_objects
from app.data.visibility.sets import IdSet, ids_known, ids_of_caller

__all__ = [
    "EVERYONE", "NOBODY", "AllOf", "AnyOf", "Constant", "Derived", "Expression", "Facts", "IdSet", "Is", "Mask", "Me",
    "Member", "NamedSort", "Not", "ReadObject", "ReadObjects", "SignedIn", "Through", "Visibility", "all_of",
    "any_of", "attributes_of", "each_shown", "each_visible", "expression_in_sql",
    "facts_by_id", "field_through", "for_caller", "holds", "ids_known",
    "ids_of_caller", "is_", "mask", "mask_all_but", "masked_fields", "me", "member", "no_one", "not_",
    "owner_field", "reached_in_sql", "read_objects", "rule_in_index", "rule_in_sql", "seen_by", "signed_in", "staff",
    "super_admin", "those_shown", "those_visible", "through", "visible_apart", "visible_in_sql"]

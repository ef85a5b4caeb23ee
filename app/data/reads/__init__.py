"""The verbs of queries: rows as the wire wants them (lists.py), their filters, cursors and totals."""
from app.data.reads.lists import (
    Listing,
    Page,
    fetch,
    fetch_one,
    find_any_row,
    get_row,
    list_query,
    list_rows,
    row_columns,
    rows_by_id,
    rows_by_id_given,
    wire_rows,
)

__all__ = ["Listing", "Page", "fetch", "fetch_one", "find_any_row", "get_row", "list_query", "list_rows", "row_columns",
           "rows_by_id", "rows_by_id_given", "wire_rows"]

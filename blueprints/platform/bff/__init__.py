"""The read layer of every realm: lists, counts, gets, facets and saved filters of every data object."""

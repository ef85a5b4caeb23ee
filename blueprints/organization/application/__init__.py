"""The use cases: commands write events, queries read the query tables, projector and relay carry events between."""

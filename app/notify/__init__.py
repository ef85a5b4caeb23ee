"""Telling people things: channels, letters, and their delivery outside every command (decision 25)."""

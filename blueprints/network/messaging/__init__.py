"""Conversations of two people or a group in the network, and their messages."""

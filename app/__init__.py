"""Guildhall: the kernel every service stands on."""

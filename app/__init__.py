"""Guildhall: the kernel every service stands on."""
VERSION = "1.0.0"

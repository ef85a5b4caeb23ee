"""Measures Guildhall beside a floor and two Python peers in one run; see bench/README.md. It never fails a build."""

"""Search with filters and two facets, and batched index updates: bench/search.py in a process of its own."""

import json
import subprocess
import sys

from bench.guildhall import ROOT
from bench.report import Section, at_least, at_most

P95_MS = {10_000: 5, 100_000: 30}
UPDATES_PER_SECOND = 500


def measure(sizes: list[int]) -> Section:
    """Build an index of each size, search it, update it."""
    columns = ("documents", "p50 ms", "p95 ms", "p99 ms", "updates/s", "rebuild documents/s")
    section = Section("Search with filters and two facets", columns)
    for size in sizes:
        measured = _run(size)
        search, updates = measured["search_ms"], measured["update_docs_per_second"]
        times = [f"{search[name]:.1f}" for name in ("p50", "p95", "p99")]
        section.rows.append((f"{size:,}", *times, f"{updates:,}", f"{measured['rebuild_docs_per_second']:,}"))
        section.goals.append(at_most(f"search p95 at {size:,}", P95_MS[size], search["p95"], " ms"))
        if size == max(P95_MS):
            section.goals.append(at_least(f"index updates/s at {size:,}", UPDATES_PER_SECOND, updates))
    return section


def _run(size: int) -> dict:
    command = [sys.executable, "-m", "bench.search", "--documents", str(size), "--searches", "300", "--updates", "1000"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return json.loads(printed)["search"][0]

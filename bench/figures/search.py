"""Search with filters and two facets, suggestions and batched index updates: bench/search.py in a process of its own;
and how well searches find (bench/relevance.py)."""

import json
import subprocess
import sys

from bench import relevance
from bench.guildhall import ROOT
from bench.report import Section, at_least, at_most

P95_MS = {10_000: 5, 100_000: 30}
UPDATES_PER_SECOND = 500
SUGGESTIONS_MS, READER_MIB = 10, 120
FOUND_AGAIN = 0.95


def measure(sizes: list[int]) -> Section:
    """Build an index of each size, search it, update it."""
    columns = ("documents", "p50 ms", "p95 ms", "p99 ms", "suggestion p95 ms", "MiB of a reader", "updates/s",
               "rebuild documents/s")
    section = Section("Search with filters and two facets", columns)
    for size in sizes:
        measured = _run(size)
        search, updates = measured["search_ms"], measured["update_docs_per_second"]
        times = [f"{search[name]:.1f}" for name in ("p50", "p95", "p99")]
        suggested, reader = measured["suggest_ms"]["p95"], measured["reader_mib"]
        section.rows.append((f"{size:,}", *times, f"{suggested:.1f}", f"{reader:.0f}", f"{updates:,}",
                             f"{measured['rebuild_docs_per_second']:,}"))
        section.goals.append(at_most(f"search p95 at {size:,}", P95_MS[size], search["p95"], " ms"))
        if size == max(P95_MS):
            section.goals += [at_least(f"index updates/s at {size:,}", UPDATES_PER_SECOND, updates),
                              at_most(f"suggestion p95 at {size:,}", SUGGESTIONS_MS, suggested, " ms"),
                              at_most(f"a reader of {size:,}", READER_MIB, reader, " MiB")]
    return section


def how_well() -> Section:
    """Questions that people judged, beside SQLite FTS5, and things by a title with one fault."""
    section = Section("How well searches find", ("what", "Guildhall", "FTS5"))
    for name, found in relevance.measured(relevance.JUDGED, relevance.TITLES, 400).items():
        if "FTS5" in found:
            section.rows.append((name, f"{found['guildhall']:.3f}", f"{found['FTS5']:.3f}"))
            section.goals.append(at_least(name, found["FTS5"], found["guildhall"]))
        else:
            section.rows.append((f"a title with {name}, among the first three", f"{found['share']:.3f}", "–"))
            section.goals.append(at_least(f"titles with {name}", FOUND_AGAIN, found["share"]))
    section.notes.append(f"Judged questions of {relevance.JUDGED.name}, titles of {relevance.TITLES.name}.")
    return section


def _run(size: int) -> dict:
    command = [sys.executable, "-m", "bench.search", "--documents", str(size), "--searches", "300", "--updates", "1000"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return json.loads(printed)["search"][0]

"""List of 25, get by id and create with outbox, all contestants in turn."""

from collections.abc import Sequence

from bench.contestants import Contestant
from bench.load import Burst, burst
from bench.report import Goal, Section, at_least, at_most
from bench.rounds import Series, interleave, paired_ratio

TITLES = {
    "list": "List of 25",
    "list with joins": "List of 25 with media, category, subcategory and seller of each row",
    "list cached": "List of 25 with joins, answered from the query cache",
    "get": "Get by id",
    "create": "Create with its outbox row",
}
COLUMNS = (
    "", "database", "req/s median (min–max)", "p50 ms", "p99 ms", "CPU ms/request", "PSS MiB", "÷ floor", "refused",
)  # fmt: skip
FLOOR_GOALS = {"list": 0.60, "get": 0.55, "create": 0.55}
PEER_GOALS = {("list", "drf"): 5, ("list", "fastapi"): 4, ("create", "drf"): 3}
LIST_CPU_MS = 1.0
BESIDE = ("list with joins", "list cached")  # shown beside the list, without goals: fewer rounds do


def measure(figure: str, contestants: Sequence[Contestant], rounds: int, seconds: float) -> Section:
    """Interleaves every contestant that serves `figure`."""
    serving = [contestant for contestant in contestants if figure in contestant.requests]
    rounds = min(rounds, 3) if figure in BESIDE else rounds
    series = interleave([(each.name, _shot(each, figure, seconds)) for each in serving], rounds)
    section = Section(TITLES[figure], COLUMNS)
    section.rows = [_row(each, series) for each in serving]
    section.goals = list(_goals(figure, serving, series))
    return section


def _shot(contestant: Contestant, figure: str, seconds: float):
    def fire() -> Burst:
        return burst(contestant.server, contestant.requests[figure], seconds)

    return fire


def _row(contestant: Contestant, series: dict[str, Series]) -> Sequence[str]:
    own = series[contestant.name]
    floor = series.get(_floor_of(contestant))
    ratio = f"{paired_ratio(own, floor):.2f}" if floor else "–"
    low, high = own.spread
    return (
        contestant.name,
        contestant.database,
        f"{own.per_second:,.0f} ({low:,.0f}–{high:,.0f})",
        f"{own.middle('p50'):.1f}",
        f"{own.middle('p99'):.1f}",
        f"{own.middle('cpu_ms'):.2f}",
        f"{contestant.server.pss_mib():.0f}",
        ratio,
        str(own.total("refused") + own.total("broken")),
    )


def _goals(figure: str, contestants: Sequence[Contestant], series: dict[str, Series]) -> Sequence[Goal]:
    ours = [contestant for contestant in contestants if contestant.name.startswith("guildhall")]
    for contestant in ours:
        own, where = series[contestant.name], contestant.database
        if figure in FLOOR_GOALS and _floor_of(contestant) in series:
            ratio = paired_ratio(own, series[_floor_of(contestant)])
            yield at_least(f"{figure} ÷ floor, {where}", FLOOR_GOALS[figure], ratio)
        if figure == "list":
            yield at_most(f"server CPU per list request, {where}", LIST_CPU_MS, own.middle("cpu_ms"), " ms")
        for (goal_figure, peer), wanted in PEER_GOALS.items():
            if goal_figure == figure and where == "PostgreSQL" and peer in series:
                yield at_least(f"{figure} ÷ {peer}, {where}", wanted, paired_ratio(own, series[peer]))


def _floor_of(contestant: Contestant) -> str:
    return f"floor-{contestant.database.lower()}"

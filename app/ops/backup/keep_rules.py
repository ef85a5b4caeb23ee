"""Which backups are kept: `7d,4w` keeps the newest of each of the last seven days that have one, and of four weeks."""
import re
from collections.abc import Callable, Iterable
from datetime import datetime

_RULE = re.compile(r"([1-9][0-9]{0,3})([dwm])")
_PERIODS: dict[str, Callable[[datetime], tuple[int, ...]]] = {
    "d": lambda moment: (moment.year, moment.month, moment.day),
    "w": lambda moment: tuple(moment.isocalendar()[:2]),
    "m": lambda moment: (moment.year, moment.month),
}


def parse_keep_rules(text: str) -> dict[str, int]:
    """Return period → number of `7d,4w,12m`; raises ValueError with a sentence."""
    rules: dict[str, int] = {}
    for part in text.split(","):
        matched = _RULE.fullmatch(part.strip())
        if matched is None or matched[2] in rules:
            raise ValueError(f"{text!r} is no keep-rule: say as 7d,4w,12m how many days, weeks and months keep one")
        rules[matched[2]] = int(matched[1])
    return rules


def kept(moments: Iterable[datetime], rules: dict[str, int]) -> set[datetime]:
    """Return which of the moments (UTC) are kept: the newest of all always, and those that a rule asks for."""
    newest_first = sorted(set(moments), reverse=True)
    chosen = set(newest_first[:1])
    for letter, number in rules.items():
        periods: dict[tuple[int, ...], datetime] = {}
        for moment in newest_first:
            periods.setdefault(_PERIODS[letter](moment), moment)
        chosen.update(list(periods.values())[:number])
    return chosen

"""`flask status`: the installation on one screen."""
import time
from datetime import datetime
from typing import Any

import click
from flask.cli import with_appcontext

from app.clock import now
from cli.terminal import TABLE_COLUMNS, as_json_option, cut_line, paragraphs, print_json

WATCH_SECONDS = 3.0
_JOB_COLUMNS = 3
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_NAME = 11
Facts = dict[str, Any]


@click.command()
@click.option("--watch", is_flag=True, help="Show it anew every three seconds, until Ctrl-C.")
@as_json_option
@with_appcontext
def status(watch: bool, as_json: bool) -> None:
    """Show the installation on one screen: version, processes, queues, mail, jobs, disk, last backup.

    It shows and does not judge; `flask doctor` does. While Redis or the database is away it shows the rest, and the
    exit code is 1.

    Example: flask status
    """
    from app.ops.status import status as read_status

    if watch and as_json:
        raise click.UsageError("--watch is for people to look at: without --json")
    if watch:
        _show_until_interrupted()
        return
    found = read_status()
    if as_json:
        print_json(found)
    else:
        click.echo("\n".join(screen(found)))
    if any(_error_of(part) for part in found.values()):
        raise click.exceptions.Exit(1)


def screen(found: Facts) -> list[str]:
    """Return the lines of the screen: each fits TABLE_COLUMNS."""
    lines = [_headline(found), ""]
    lines += _rows("processes", found["processes"], _process)
    lines += ["", *_rows("queues", found["queues"], _queue), _one("", found["calls"], _calls)]
    lines += ["", _one("mail", found["mail"], _mail)]
    if (error := found["mail"].get("lastError")) is not None:
        lines.append(cut_line(f"{'':<{_NAME}}the mail server said last: {error}"))
    lines.append(_one("sms, push", found["channels"], _channels))
    lines += ["", *_jobs(found["jobs"]), ""]
    lines += [_one("disk", found["disk"], _disk), _one("database", found["databaseSize"], _database),
              _one("backup", found["backup"], _backup)]
    return lines


def age(moment: str | None) -> str:
    """Return how long ago an ISO time was, in its largest unit: `5 min`; blank for none."""
    if moment is None:
        return ""
    seconds = max(0, int((now() - datetime.fromisoformat(moment)).total_seconds()))
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), (1, "s"))
    return f"{seconds // size} {unit}"


def _show_until_interrupted() -> None:
    from app.ops.status import status as read_status

    try:
        while True:
            lines = screen(read_status())
            click.clear()
            click.echo("\n".join(lines))
            time.sleep(WATCH_SECONDS)
    except KeyboardInterrupt:
        click.echo()


def _headline(found: Facts) -> str:
    version, schema = found["version"], found["schema"]
    commit = f", commit {version['commit']}" if version["commit"] else ""
    at = f"schema {schema['migration']}" if "migration" in schema else "schema unknown"
    return cut_line(f"Guildhall {version['release']}{commit}, {at}; {version['environment']} on {version['database']}; "
                    f"{version['at'][:19]}Z; {version['home']}")


def _rows(name: str, part: Any, line: Any) -> list[str]:
    if _error_of(part):
        return [_one(name, part, line)]
    return [cut_line(f"{name if place == 0 else '':<{_NAME}}{line(row)}") for place, row in enumerate(part)]


def _one(name: str, part: Facts, line: Any) -> str:
    return paragraphs(_error_of(part) or line(part), f"{name:<{_NAME}}", " " * _NAME)


def _process(row: Facts) -> str:
    if not row["alive"]:
        return f"{row['process']:<19}away"
    machines = f" on {row['machines']} machines" if row["machines"] > 1 else ""
    return f"{row['process']:<19}{row['alive']} alive{machines}, since {row['since'][:16]}Z ({age(row['since'])})"


def _queue(row: Facts) -> str:
    oldest = f"oldest {age(row['oldest'])}" if row["oldest"] else ""
    return f"{row['queue']:<11}{row['waiting']:>7}  {oldest:<15}{row['meaning']}"


def _calls(part: Facts) -> str:
    oldest = f"oldest {age(part['oldest'])}" if part["oldest"] else ""
    return f"{'calls':<11}{part['waiting']:>7}  {oldest:<15}calls of workers, in Redis"


def _mail(part: Facts) -> str:
    if part["transport"] != "smtp":
        return "letters stay in the outbox (MAIL_TRANSPORT=outbox)"
    oldest = f", the oldest for {age(part['oldest'])}" if part["oldest"] else ""
    sent = f"last sent {age(part['lastSent'])} ago" if part["lastSent"] else "none sent yet"
    return f"{part['waiting']} wait{oldest}; {part['parked']} parked, {part['refused']} refused since yesterday; {sent}"


def _channels(part: list[Facts]) -> str:
    return "; ".join(f"{row['channel']} {row['transport']}" + (
        f", {row['parked']} parked" if row["parked"] else "") for row in part)


def _jobs(part: Any) -> list[str]:
    """Return the jobs in three columns, from top to bottom, each with how long ago it ended."""
    if _error_of(part):
        return [_one("jobs", part, str)]
    cells = [_job(row) for row in part]
    height = -(-len(cells) // _JOB_COLUMNS)
    width = TABLE_COLUMNS // _JOB_COLUMNS
    wrong = {"failed": [row["job"] for row in part if row["status"] == "failed"],
             "late": [row["job"] for row in part if row["late"] and row["finishedAt"]]}
    said = "".join(f"; {how}: {', '.join(names)}" for how, names in wrong.items() if names)
    return [cut_line(f"jobs, and how long ago each ended{said}"), *(
        "".join(f"{cell:<{width}}" for cell in cells[line::height]).rstrip() for line in range(height))]


def _job(row: Facts) -> str:
    ended = age(row["finishedAt"]) or ("runs" if row["status"] == "running" else "never")
    return f"{row['job'][:22]:<23}{ended:>6}"


def _disk(part: Facts) -> str:
    least = "" if part["isAll"] else "more than "
    return (f"{_bytes(part['freeBytes'])} free of {_bytes(part['sizeBytes'])}; the instance folder takes "
            f"{least}{_bytes(part['homeBytes'])}")


def _database(part: Facts) -> str:
    return _bytes(part["bytes"])


def _backup(part: Facts) -> str:
    if part["last"] is None:
        return f"none is in {part['folder']}"
    proved = "proved" if part["verifiedAt"] else "not proved"
    return f"{age(part['last'])} ago, {part['last'][:16]}Z, {_bytes(part['bytes'])}, {proved}"


def _bytes(number: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number} bytes"


def _error_of(part: Any) -> str | None:
    return part.get("error") if isinstance(part, dict) else None

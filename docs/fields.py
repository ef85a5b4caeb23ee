"""Cuts a JSON answer to the fields a reader asks for, so that the tours stay readable; it knows nothing of Guildhall.

curl -s … | python3 docs/fields.py order.status order.items.0.name"""
import json
import sys


def field(value: object, path: str) -> object:
    """Return what stands at `path`: a name leads into an object, a number to a row, a name at a list into every row.

    LookupError names the part that is not there."""
    for depth, part in enumerate(path.split(".")):
        if isinstance(value, list) and not part.isdigit():
            rest = ".".join(path.split(".")[depth:])
            return [field(row, rest) for row in value]
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (LookupError, TypeError):
            raise LookupError(f"no {part} of {path} in {json.dumps(value)[:400]}") from None
    return value


def plain(value: object) -> str:
    """Return text as it is, a list of plain values with commas, everything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and not any(isinstance(row, (dict, list)) for row in value):
        return ", ".join(map(plain, value))
    return json.dumps(value, ensure_ascii=False)


def cut(text: str, paths: list[str]) -> str:
    """Return the value at one path, or a line for each of several, with its name before it."""
    answer = json.loads(text)
    if len(paths) == 1:
        return plain(field(answer, paths[0]))
    width = max(map(len, paths))
    return "\n".join(f"{path:{width}}  {plain(field(answer, path))}" for path in paths)


if __name__ == "__main__":
    try:
        sys.stdout.write(cut(sys.stdin.read(), sys.argv[1:]) + "\n")
    except (LookupError, ValueError) as reason:
        sys.exit(str(reason))

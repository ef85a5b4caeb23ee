"""The texts of what is sent: files `<locale>/<SCENARIO>.{subject,txt,html,sms,push}`, first the operator's (FD-24).

They are Jinja in a sandbox, and are read again when they have changed. `facts.json` beside them has an example of every
fact that a text may use."""
import logging
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import orjson
from flask import has_app_context
from jinja2 import ChainableUndefined, StrictUndefined, Template, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.data.money import FACTORS
from app.runtime import runtime

log = logging.getLogger("guildhall.letters")

ENGLISH = "en"
ENDINGS = ("subject", "txt", "html", "sms", "push")
PLATFORM_TEXTS = Path(__file__).parent / "templates"
"""Of the frame of all letters, and of the letters about accounts."""


@dataclass(frozen=True)
class LetterTemplate:
    """What is written on one occasion; its service keeps the texts in `folder`, a folder in it for each locale.

    `secret` marks one whose text must not outlive its sending in production. `own` names the facts that are our words
    or the staff's, such as the link of a code: they stand as they are. `is_greeted`: a greeting comes before the
    text, which has none."""

    name: str
    folder: Path
    secret: bool = False
    own: tuple[str, ...] = ()
    is_greeted: bool = False

    @property
    def facts(self) -> Mapping[str, Any]:
        """An example of every fact that its texts may use."""
        return _examples(self.folder).get(self.name, {})


def _usual(realm: str, user_ids: Collection[str]) -> dict[str, str]:
    return dict.fromkeys(user_ids, "")


@dataclass(frozen=True)
class PersonLocales:
    """`of(realm, user ids)` is the language that each of these people has chosen, or the usual one; handed down by who
    keeps it."""

    of: Callable[[str, Collection[str]], Mapping[str, str]] = _usual


class LetterTemplates(tuple[LetterTemplate, ...]):
    """All that the services of one application write, but for the kinds of notices."""


@dataclass(frozen=True)
class TextFile:
    """One text: where it stands, and in which locale."""

    path: Path
    locale: str

    @property
    def ending(self) -> str:
        """Which part of a message it is."""
        return self.path.suffix[1:]


def spoken_amount(amount: Any, currency: Any) -> str:
    """Return an amount of major units with its currency's decimals: 70.5, 'USD' → '70.50 USD'; blank without one."""
    if not isinstance(amount, int | float):
        return ""
    decimals = len(str(FACTORS.get(str(currency), 100))) - 1
    return f"{amount:,.{decimals}f} {currency}"


def _sandbox(undefined: type[Undefined], *, escaping: bool) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(undefined=undefined, trim_blocks=True, lstrip_blocks=True, autoescape=escaping)
    made.filters["amount"] = spoken_amount
    return made


_LENIENT = {escaping: _sandbox(ChainableUndefined, escaping=escaping) for escaping in (True, False)}
_STRICT = {escaping: _sandbox(StrictUndefined, escaping=escaping) for escaping in (True, False)}


def filled(template: LetterTemplate, endings: Sequence[str], facts: Mapping[str, Any], locale: str,
           realm: str = "") -> tuple[str, TextFile]:
    """Return the first text of these endings that there is in the locale, else in the usual one, with the facts in it,
    and which it was. A missing fact is left blank; an operator's text that cannot be filled in is passed over."""
    for text in texts_of(template, endings, locale, realm):
        try:
            return _compiled(text.path, text.path.stat().st_mtime_ns, strict=False).render(facts).strip(), text
        except Exception as error:  # a text may fail in any way that Python knows
            if text.path.is_relative_to(template.folder) or text.path.is_relative_to(PLATFORM_TEXTS):
                raise
            log.warning("the text %s is passed over: %s", text.path, error)
    raise LookupError(f"{template.name} has no {' or '.join(endings)} in {template.folder}")


def filled_strictly(text: TextFile, facts: Mapping[str, Any]) -> str:
    """Return a text with the facts in it; raises the error of Jinja for any that it uses and that is not there."""
    return _compiled(text.path, text.path.stat().st_mtime_ns, strict=True).render(facts)


def texts_of(template: LetterTemplate, endings: Sequence[str], locale: str, realm: str = "") -> Iterator[TextFile]:
    """Yield the texts of these endings, the best first: the locale before its language, the usual one and English; the
    first ending before the others; the operator's, and of these the realm's, before ours."""
    for wanted in dict.fromkeys((locale, locale.split("-")[0], usual_locale(), ENGLISH)):
        for ending in endings:
            for folder in (*_operators(realm), template.folder, PLATFORM_TEXTS):
                path = folder / wanted / f"{template.name}.{ending}"
                if wanted and path.is_file():
                    yield TextFile(path, wanted)


def usual_locale() -> str:
    """Return the locale of who has chosen none."""
    return runtime().settings.notice_locale if has_app_context() else ENGLISH


def known_locales() -> list[str]:
    """Return the locales that people may choose: ours, and those the operator has a folder of."""
    folders = [folder for folder in (*_operators(""), PLATFORM_TEXTS) if folder.is_dir()]
    return sorted({path.name for folder in folders for path in folder.iterdir()
                   if path.is_dir() and is_locale(path.name)})


def is_locale(name: str) -> bool:
    """Tell whether a name is that of a locale: de, or de-CH."""
    language, _, country = name.partition("-")
    return (language.isascii() and language.isalpha() and language.islower() and 2 <= len(language) <= 3
            and (not country or (country.isascii() and country.isalpha() and country.isupper() and len(country) == 2)))


def count_texts(folder: Path, realms: Iterable[str], templates: Iterable[LetterTemplate]) -> int:
    """Return how many texts of the operator's folder can be filled in with the facts of the template of their name.

    Raises ValueError with a sentence when some cannot, belong to nothing that is sent, or the folder cannot be read:
    then ours go out."""
    if folder == Path():
        return 0
    if not os.access(f"{folder}/", os.R_OK | os.X_OK):
        raise ValueError(f"{folder} is no folder that can be read, our texts go out")
    known, good, faults = {one.name: one for one in templates}, 0, list[str]()
    for text in _texts_below(folder, *(folder / realm for realm in realms)):
        template = known.get(text.path.stem)
        if template is None:
            faults.append(f"{text.path}: nothing is sent as {text.path.stem}")
            continue
        try:
            filled_strictly(text, {"fullname": "Ben Olsen"} | dict(template.facts))
            good += 1
        except Exception as error:  # a text may fail in any way that Python knows
            faults.append(f"{text.path}: {error}")
    if faults:
        raise ValueError(f"{len(faults)} texts cannot be used, ours go out: {'; '.join(faults[:3])}")
    return good


def _texts_below(*folders: Path) -> Iterator[TextFile]:
    for folder in folders:
        for path in sorted(folder.glob("*/*.*")):
            if is_locale(path.parent.name) and path.suffix[1:] in ENDINGS:
                yield TextFile(path, path.parent.name)


def _operators(realm: str) -> tuple[Path, ...]:
    folder = runtime().settings.notice_templates if has_app_context() else Path()
    if folder == Path():
        return ()
    return (folder / realm, folder) if realm else (folder,)


@cache
def _examples(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, dict[str, Any]] = orjson.loads((folder / "facts.json").read_bytes())
    return found


@lru_cache(512)
def _compiled(path: Path, _changed: int, *, strict: bool) -> Template:
    """Compile a text; it is kept until its file changes."""
    return (_STRICT if strict else _LENIENT)[path.suffix == ".html"].from_string(path.read_text())

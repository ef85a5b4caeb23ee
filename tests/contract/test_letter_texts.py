"""Every text that we ship can be filled in with the facts of its scenario, strictly, in every locale (FD-24)."""
from itertools import chain
from pathlib import Path

import orjson
import pytest

from app.factory import SERVICES
from app.notify.letter_templates import ENDINGS, ENGLISH, LetterTemplate, TextFile, filled_strictly

FOLDERS = sorted(chain(Path("app").rglob("templates/facts.json"), Path("blueprints").rglob("templates/facts.json")))
TEXTS = {str(path): TextFile(path.absolute(), path.parent.name)
         for folder in FOLDERS for path in sorted(folder.parent.glob("*/*"))}


def declared() -> dict[tuple[Path, str], LetterTemplate]:
    kinds = [kind.words for service in SERVICES for kind in service.notices.values()]
    return {(one.folder.absolute(), one.name): one for service in SERVICES for one in (*service.letters, *kinds)}


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_uses_no_fact_that_its_scenario_has_not(text: str) -> None:
    found = TEXTS[text]
    template = declared()[found.path.parent.parent, found.path.stem]
    assert found.ending in ENDINGS
    assert filled_strictly(found, {"fullname": "Ben Olsen"} | dict(template.facts)).strip()


def test_every_scenario_has_a_subject_and_a_text_in_english_and_the_facts_of_it() -> None:
    for (folder, name), template in declared().items():
        assert name in orjson.loads((folder / "facts.json").read_bytes())
        if name not in ("GREETING", "LAYOUT"):
            assert [(template.folder / ENGLISH / f"{name}.{ending}").is_file() for ending in ("subject", "txt")] == [
                True, True], name


def test_facts_are_those_of_scenarios_that_there_are() -> None:
    assert {(folder.parent.absolute(), name) for folder in FOLDERS
            for name in orjson.loads(folder.read_bytes())} == set(declared())

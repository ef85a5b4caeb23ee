"""What the shell is offered at a TAB: asked as bash and zsh ask, by the scripts that `make install` writes."""
import os
import shutil
import subprocess
import sys
from pathlib import Path
from pwd import getpwuid

import pytest

from tests.components import ROOT
from tests.programs import program

FLASK = str(Path(sys.executable).with_name("flask"))
OFFERED = [
    (("ord",), {"orders"}),
    (("users", "sh"), {"show"}),
    (("moderate", "words", "ad"), {"add"}),
    (("orders", "list", "--st"), {"--status"}),
    (("auctions", "list", "--state", "c"), {"closed"}),
    (("jobs", "run", "purge-e"), {"purge-events", "purge-evidence", "purge-exports"}),
]
pytestmark = pytest.mark.once("what is offered depends on no database")


def called(*command: str, **environment: str) -> str:
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True,
                          check=True).stdout


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script for bash, as the Makefile writes it."""
    file = tmp_path_factory.mktemp("completion") / "flask.bash"
    file.write_text(called(FLASK, _FLASK_COMPLETE="bash_source"))
    return file


@pytest.mark.parametrize(("typed", "offered"), OFFERED, ids=lambda one: " ".join(one) if isinstance(one, tuple) else "")
def test_bash_is_offered_commands_options_choices_and_names_of_jobs(
        script: Path, typed: tuple[str, ...], offered: set[str]) -> None:
    words = " ".join(("flask", *typed))
    asked = (f"source {script}; COMP_WORDS=({words}); COMP_CWORD={len(typed)}; _flask_completion {FLASK}; "
             "printf '%s\\n' \"${COMPREPLY[@]}\"")
    assert set(called("bash", "-c", asked).split()) == offered


@pytest.mark.parametrize(("typed", "offered"), OFFERED, ids=lambda one: " ".join(one) if isinstance(one, tuple) else "")
def test_zsh_is_offered_the_same(typed: tuple[str, ...], offered: set[str]) -> None:
    told = called(FLASK, _FLASK_COMPLETE="zsh_complete", COMP_WORDS=" ".join(("flask", *typed)),
                  COMP_CWORD=str(len(typed))).splitlines()
    assert (set(told[1::3]), set(told[::3])) == (offered, {"plain"})


def test_the_wrapper_is_completed_as_flask_is(script: Path) -> None:
    asked = (f"source {script}; COMP_WORDS=(guildhall moderate words ad); COMP_CWORD=3; "
             f"_flask_completion {ROOT}/deploy/guildhall; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    whoever = getpwuid(os.geteuid()).pw_name
    assert called("bash", "-c", asked, GUILDHALL_USER=whoever, GUILDHALL_ENV_FILE="/nowhere").split() == ["add"]


def test_a_tab_makes_no_instance_folder(tmp_path: Path) -> None:
    for words in ("flask ", "flask ord", "flask jobs run p"):
        called(FLASK, _FLASK_COMPLETE="zsh_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1),
               GUILDHALL_HOME=str(tmp_path / "home"))
    assert not (tmp_path / "home").exists()


def test_zsh_can_read_its_script(tmp_path: Path) -> None:
    file = tmp_path / "flask.zsh"
    of_flask = called(FLASK, _FLASK_COMPLETE="zsh_source")
    file.write_text(of_flask + of_flask.replace("flask", "guildhall"))
    called(program("zsh"), "-n", str(file))


def test_make_install_writes_the_scripts_of_both_shells() -> None:
    written = (ROOT / "Makefile").read_text().partition("\ninstall: ")[2].partition("\n\n")[0]
    for shell in ("bash", "zsh"):
        assert f"_FLASK_COMPLETE={shell}_source $(BIN)/flask > $(COMPLETION).{shell}" in written
    assert "complete -o nosort -F _flask_completion guildhall" in written
    assert "sed 's/flask/guildhall/g'" in written


def test_make_install_writes_them_anew_when_a_release_writes_others(tmp_path: Path) -> None:
    """A script of before it knew `guildhall` stayed for ever: `complete -p guildhall` said that there is none."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    os.utime(tmp_path / "Makefile", (1, 1))
    for folder, name in (("requirements", "base.txt"), (".venv", "installed-base.txt")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).touch()
    scripts = tmp_path / ".venv/share/completion"
    scripts.mkdir(parents=True)
    for shell in ("bash", "zsh"):
        (scripts / f"flask.{shell}").write_text("of an earlier release")
        os.utime(scripts / f"flask.{shell}", (0, 0))
    for command in ("python", "flask"):
        (tmp_path / ".venv/bin").mkdir(exist_ok=True)
        (tmp_path / ".venv/bin" / command).write_text(f'#!/bin/sh\necho "what {command} writes"\n')
        (tmp_path / ".venv/bin" / command).chmod(0o700)
    install = ("make", "-C", str(tmp_path), "install")
    assert "completion of flask and guildhall" in called(*install)
    assert (scripts / "flask.zsh").read_text() == "what flask writes\nwhat guildhall writes\n"
    assert "completion of flask and guildhall" not in called(*install)

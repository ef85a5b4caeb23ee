"""`deploy/guildhall`: a command runs as the service's user, with the settings that systemd reads from the file."""
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.components import ROOT
from tests.programs import program

USER, ANOTHER = "nobody", "daemon"
# Stands for `flask`: says who it is, what it was given, and what came in.
FLASK = """#!/bin/bash
if [[ $1 == env || ${COMP_WORDS:-} == "guildhall env "* ]]; then exec env -0; fi
printf '%s\\n' "$(id -un)" "$(id -Gn)" "$PWD" "$LOGNAME" "$#" "$@" "$(cat)"
exit 7
"""
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="root alone becomes another user")

# What stands in the file, and the value that systemd's EnvironmentFile= gives NAME (systemd.exec(5), env-file.c).
VALUES = {
    "plain": ("NAME=one two", "one two"),
    "white space around it": ("  NAME = one  two \t", "one  two"),
    "nothing": ("NAME=", ""),
    "the later counts": ("NAME=one\nNAME=two", "two"),
    "a hash inside": ("NAME=one #two", "one #two"),
    "comments": ("# NAME=one\n; NAME=two\n\nNAME=three\n#NAME=four", "three"),
    "single quotes": ("NAME='one \"$HOME\" \\n '", 'one "$HOME" \\n '),
    "double quotes": ('NAME="one \'two\' \\"three\\" \\$HOME \\n"', "one 'two' \"three\" $HOME \\n"),
    "several lines": ("NAME='one\ntwo'", "one\ntwo"),
    "pieces": ("NAME='one '\"two\" three", "one twothree"),
    "a quote inside": ("NAME=it's", "it's"),
    "a backslash": ("NAME=one\\ttwo\\\\", "onettwo\\"),
    "a line that goes on": ("NAME=one \\\n  two", "one   two"),
    "a quoted line that goes on": ('NAME="one \\\ntwo"', "one two"),
    "the last line goes on": ("NAME=one\\", "one"),
    "a password": ("NAME=postgresql://g:p@127.0.0.1/g?a=b&c=%24", "postgresql://g:p@127.0.0.1/g?a=b&c=%24"),
    "nothing is evaluated": ("NAME=$(touch /tmp/evil)`id`$HOME;id", "$(touch /tmp/evil)`id`$HOME;id"),
    "umlauts": ("NAME='Zunfthaus – Zürich'", "Zunfthaus – Zürich"),
    "ends of lines from elsewhere": ("NAME=one\r\n", "one"),
}


class Installation:
    """A checkout that every user may enter, with the wrapper and a stand-in for flask."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self.file = folder / "checkout", folder / "guildhall.env"
        for made, text in (("deploy/guildhall", (ROOT / "deploy/guildhall").read_text()), (".venv/bin/flask", FLASK)):
            (self.checkout / made).parent.mkdir(parents=True)
            (self.checkout / made).write_text(text)
            (self.checkout / made).chmod(0o755)
        self.file.write_text("NAME=value\n")
        self.file.chmod(0o600)

    def run(self, *arguments: str, before: tuple[str, ...] = (), cwd: Path | str = "/", stdin: str = "",
            program: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the wrapper as root, or as what stands `before` it makes of root."""
        return subprocess.run([*before, str(program or self.checkout / "deploy/guildhall"), *arguments], cwd=cwd,
                              input=stdin, capture_output=True, text=True, check=False,
                              env={"PATH": os.environ["PATH"], "GUILDHALL_USER": USER,
                                   "GUILDHALL_ENV_FILE": str(self.file)} | environment)

    def environment(self, **environment: str) -> dict[str, str]:
        """Return what the command has for an environment."""
        told = self.run("env", **environment)
        assert told.returncode == 0, told.stderr
        return dict(entry.split("=", 1) for entry in told.stdout.split("\0") if entry)


@pytest.fixture
def installation() -> Iterator[Installation]:
    """pytest's own folders are closed to other users, and so is what our applications make."""
    folder, former = Path(tempfile.mkdtemp(prefix="gh-wrapper-")), os.umask(0o022)
    folder.chmod(0o755)
    yield Installation(folder)
    os.umask(former)
    shutil.rmtree(folder)


def _as(user: str) -> tuple[str, ...]:
    return ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--")


def test_another_user_than_root_and_the_services_is_refused_with_a_sentence(installation: Installation) -> None:
    refused = installation.run("doctor", before=_as(ANOTHER))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"guildhall: only root and {USER} may do this: sudo guildhall …\n"


def test_what_is_missing_is_a_sentence(installation: Installation) -> None:
    refused = installation.run("doctor", GUILDHALL_USER="no-such-user")
    assert (refused.returncode, refused.stderr.partition(" (")[0]) == (
        1, "guildhall: there is no user no-such-user on this machine")
    installation.file.unlink()
    assert f"{installation.file} is missing" in installation.run("doctor").stderr
    (installation.checkout / ".venv/bin/flask").unlink()
    refused = installation.run("doctor")
    assert f"is missing: make -C {installation.checkout} install" in refused.stderr


def test_the_services_user_is_told_when_it_may_not_read_the_file(installation: Installation) -> None:
    refused = installation.run("doctor", before=("setpriv", f"--reuid={USER}", "--clear-groups", "--"))
    assert refused.returncode == 1
    assert f"{installation.file} cannot be read by {USER}" in refused.stderr
    installation.file.chmod(0o644)
    assert installation.run("doctor", before=("setpriv", f"--reuid={USER}", "--clear-groups", "--")).returncode == 7


def test_a_quote_that_is_never_closed_is_refused(installation: Installation) -> None:
    installation.file.write_text("NAME='one\nOTHER=two\n")
    refused = installation.run("env")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "the quote of NAME is never closed" in refused.stderr


def test_root_becomes_the_services_user_and_hands_on_what_it_was_given(installation: Installation,
                                                                       tmp_path: Path) -> None:
    done = installation.run("users", "find", "two words", "$HOME", "", cwd=installation.file.parent, stdin="one\ntwo",
                            SUDO_USER="ada")
    user, groups, folder, person, count, *rest = done.stdout.splitlines()
    assert (user, groups) == (USER, subprocess.check_output(["id", "-Gn", USER], text=True).strip())
    assert Path(folder) == installation.file.parent
    assert person == "ada"
    assert (count, rest) == ("5", ["users", "find", "two words", "$HOME", "", "one", "two"])
    assert (done.returncode, done.stderr) == (7, "")


def test_it_runs_for_whoever_stands_in_a_folder_that_was_removed(installation: Installation, tmp_path: Path) -> None:
    removed = tmp_path / "removed"
    removed.mkdir()
    done = installation.run("doctor", before=("sh", "-c", 'cd "$0" && rmdir "$0" && exec "$@"', str(removed)))
    assert (done.returncode, done.stdout.splitlines()[2]) == (7, "/"), done.stderr


def test_a_link_to_it_finds_the_checkout(installation: Installation) -> None:
    link = installation.file.parent / "linked"
    link.symlink_to(installation.checkout / "deploy/guildhall")
    assert installation.run("doctor", program=link).returncode == 7


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_is_read_as_systemd_reads_it(installation: Installation, kind: str) -> None:
    text, value = VALUES[kind]
    installation.file.write_text(text)
    assert installation.environment()["NAME"] == value


def test_what_is_no_setting_is_left_out_as_the_units_leave_it_out(installation: Installation) -> None:
    installation.file.write_text("export NAME=one\nnonsense\nOTHER=two\n")
    told = installation.run("env")
    assert {"OTHER=two"} == {entry for entry in told.stdout.split("\0") if entry[:4] in ("NAME", "OTHE", "expo")}
    assert told.stderr.count("the units leave it out, too") == 2


def test_the_environment_is_that_of_the_units_and_not_the_callers(installation: Installation) -> None:
    installation.file.write_text("GUILDHALL_HOME=/srv/guildhall\nPORT=8001\n")
    found = installation.environment(DATABASE_URL="sqlite:///x.db", GUILDHALL_ENV="demo", GUILDHALL_OPERATOR="ada",
                                     LANG="C.UTF-8", PYTHONPATH="/tmp")
    assert not {"DATABASE_URL", "PYTHONPATH", "GUILDHALL_USER", "GUILDHALL_ENV_IS_OPEN"} & found.keys()
    assert found["GUILDHALL_ENV"] == "production"
    assert (found["GUILDHALL_HOME"], found["PORT"]) == ("/srv/guildhall", "8001")
    assert (found["GUILDHALL_OPERATOR"], found["LANG"]) == ("ada", "C.UTF-8")
    assert found["FLASK_APP"] == f"{installation.checkout}/wsgi.py"


def test_a_secret_never_stands_among_the_arguments_of_a_process() -> None:
    code = (ROOT / "deploy/guildhall").read_text()
    assert "exec env" not in code
    assert "eval" not in code.replace("evaluated", "")


def test_shellcheck_has_nothing_to_say() -> None:
    scripts = [ROOT / "deploy/guildhall", ROOT / ".ci/run", ROOT / ".ci/find-python"]
    told = subprocess.run([program("shellcheck"), *scripts], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout


def test_a_tab_is_answered_as_the_services_user_without_the_settings(installation: Installation) -> None:
    installation.file.unlink()
    told = installation.run(_FLASK_COMPLETE="bash_complete", COMP_WORDS="guildhall ord", COMP_CWORD="1")
    assert (told.returncode, told.stdout.splitlines()[0], told.stderr) == (7, USER, "")
    assert installation.run(_FLASK_COMPLETE="bash_complete", GUILDHALL_USER="no-such-user").stdout == ""


def test_a_tab_of_root_and_of_the_services_user_has_the_settings_that_ids_are_looked_up_with(
        installation: Installation) -> None:
    asked = {"_FLASK_COMPLETE": "bash_complete", "COMP_WORDS": "guildhall env ", "COMP_CWORD": "2", "SECRET": "mine"}
    installation.file.write_text("NAME=value\nno setting\n")
    found = installation.environment(**asked)
    assert {name: found.get(name) for name in ("NAME", "SECRET", "PYTHONDONTWRITEBYTECODE", "GUILDHALL_HOME")} == {
        "NAME": "value", "SECRET": None, "PYTHONDONTWRITEBYTECODE": "1", "GUILDHALL_HOME": "/var/lib/guildhall"}
    assert {name: found[name] for name in asked if name != "SECRET"} == {
        name: value for name, value in asked.items() if name != "SECRET"}
    installation.file.chmod(0o644)
    told = installation.run(**asked, before=("setpriv", f"--reuid={USER}", "--clear-groups", "--"))
    assert ("NAME=value" in told.stdout.split("\0"), told.stderr) == (True, "")


def test_a_tab_of_anybody_else_has_names_alone_and_asks_for_nothing(installation: Installation) -> None:
    installation.file.chmod(0o644)
    told = installation.run(_FLASK_COMPLETE="bash_complete", COMP_WORDS="guildhall env ", COMP_CWORD="2",
                            before=_as(ANOTHER))
    assert told.stderr == ""
    assert "NAME=value" not in told.stdout.split("\0")
    assert "sudo" not in (ROOT / "deploy/guildhall").read_text().replace("sudo guildhall …", "")


def test_a_tab_says_nothing_where_the_settings_are_broken(installation: Installation) -> None:
    installation.file.write_text("NAME='one\n")
    told = installation.run(_FLASK_COMPLETE="bash_complete", COMP_WORDS="guildhall env ", COMP_CWORD="2")
    assert (told.stdout, told.stderr) == ("", "")

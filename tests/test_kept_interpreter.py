"""What the kept interpreter runs has all that a process of its own has; what it answers is what `flask` answers."""
import os
import subprocess
import sys
from pathlib import Path
from select import select

import pytest

from tests.components import ROOT


@pytest.mark.parametrize("words", ["--help", "no-such-command", "settings --json", "users list", "serve"])
def test_it_answers_as_the_installed_command_does(kept_flask: list[str], words: str, tmp_path: Path) -> None:
    environment = os.environ | {"GUILDHALL_HOME": str(tmp_path), "PORT": "x" if words == "serve" else "8123"}
    kept, installed = (
        subprocess.run([*command, *words.split()], cwd=ROOT, env=environment, capture_output=True, check=False)
        for command in (kept_flask, [str(Path(sys.executable).with_name("flask"))]))
    assert (kept.returncode, kept.stdout, kept.stderr) == (installed.returncode, installed.stdout, installed.stderr)


def test_a_command_has_the_folder_umask_environment_and_input_of_its_caller(
        kept_flask: list[str], tmp_path: Path) -> None:
    (tmp_path / "wsgi.py").write_text("""
import os, sys
from flask import Flask
app = Flask("probe")
@app.cli.command()
def probe():
    print(os.getcwd(), os.umask(0), os.environ["WORD"], sys.stdin.read(), "HOME" in os.environ)
    sys.exit(5)
@app.cli.command()
def dies():
    os.kill(os.getpid(), 9)
""")
    environment = {"WORD": "épée", "FLASK_APP": str(tmp_path / "wsgi.py") + ":app"}
    for _ in range(2):
        ran = subprocess.run([*kept_flask, "probe"], cwd=tmp_path, umask=0o077, env=environment, input="said",
                             text=True, capture_output=True, check=False)
        assert (ran.returncode, ran.stdout, ran.stderr) == (5, f"{tmp_path} 63 épée said False\n", "")
    assert subprocess.run([*kept_flask, "dies"], cwd=tmp_path, env=environment, check=False).returncode == -9


def test_a_client_that_is_killed_takes_its_command_along(kept_flask: list[str], tmp_path: Path) -> None:
    (tmp_path / "wsgi.py").write_text("""
import signal
from flask import Flask
app = Flask("probe")
@app.cli.command()
def waits():
    print("here", flush=True)
    signal.pause()
""")
    environment = {"FLASK_APP": str(tmp_path / "wsgi.py") + ":app"}
    with subprocess.Popen([*kept_flask, "waits"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"here\n"
        client.kill()
        assert select([client.stdout], [], [], 60)[0], "the command goes on"
        assert client.stdout.read() == b""

"""The peers' own virtual environments below bench/.venvs, made once from their pinned requirements."""

import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def python_of(peer: str) -> Path:
    """The interpreter that has exactly the peer's pinned requirements; installs them when they have changed."""
    requirements = HERE / "peers" / peer / "requirements.txt"
    folder = HERE / ".venvs" / peer
    mark = folder / "installed"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not mark.exists() or mark.read_text() != wanted:
        print(f"installing the requirements of {peer} into {folder} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        install = [folder / "bin" / "pip", "install", "--quiet", "--no-deps", "-r", requirements]
        subprocess.run(install, check=True)
        mark.write_text(wanted)
    return folder / "bin" / "python"

"""Migrations that wait behind the newest one, in a folder of their own."""
import shutil
from pathlib import Path

from alembic.script import ScriptDirectory

HEAD = '''"""{title}"""
import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = "{former}"


def upgrade() -> None:
{up}


def downgrade() -> None:
    {down}
'''


def add_migrations(folder: Path, *bodies: str, down: str = "pass") -> Path:
    """Return a copy of our migrations in `folder`, with one more for each body of `upgrade()`: x001, x002 and so on."""
    copied = Path(shutil.copytree("migrations", folder / "migrations", ignore=shutil.ignore_patterns("__pycache__")))
    former = ScriptDirectory(str(copied)).get_current_head()
    for place, body in enumerate(bodies, 1):
        number = f"x{place:03}"
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        (copied / "versions" / f"{number}_added.py").write_text(
            HEAD.format(title=f"Added {place}", number=number, former=former, up=lines, down=down))
        former = number
    return copied

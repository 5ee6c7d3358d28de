"""Bring both databases to what the MLflow of this image expects; a second time it changes nothing.

It runs as a task of its own before a new image takes traffic. libpq reads where the database is, and its password,
from the PG* variables; MLFLOW_AUTH_ADMIN_PASSWORD becomes the password of the user `admin`.
"""

import os
import subprocess
import sys
from contextlib import closing

import psycopg2
from psycopg2 import sql

TRACKING = "mlflow"
AUTH = "mlflow_auth"
ADMIN = "admin"
LOCK = 5_071_105  # any number that nobody else locks; two migrations at once wait for each other


def create_database(connection: "psycopg2.extensions.connection", name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            print(f"database {name}: made", flush=True)


def set_admin(password: str) -> None:
    """The password is the secret's: a rotated secret takes effect here."""
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore()
    store.init_db(f"postgresql+psycopg2:///{AUTH}")
    if not store.has_user(ADMIN):
        store.create_user(ADMIN, password, is_admin=True)
        print(f"user {ADMIN}: made", flush=True)
    elif not store.authenticate_user(ADMIN, password):
        store.update_user(ADMIN, password=password, is_admin=True)
        print(f"user {ADMIN}: has another password", flush=True)


def main() -> None:
    password = os.environ["MLFLOW_AUTH_ADMIN_PASSWORD"]
    with closing(psycopg2.connect(dbname=TRACKING)) as connection:
        connection.autocommit = True  # CREATE DATABASE is in no transaction
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", (LOCK,))  # until the connection ends
        create_database(connection, AUTH)
        for what in (
            ["mlflow", "db", "upgrade", f"postgresql+psycopg2:///{TRACKING}"],
            ["mlflow.server.auth", "db", "upgrade", "--url", f"postgresql+psycopg2:///{AUTH}"],
        ):
            subprocess.run([sys.executable, "-m", *what], check=True)
        set_admin(password)
    print("migrated", flush=True)


if __name__ == "__main__":
    main()

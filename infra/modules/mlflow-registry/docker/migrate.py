"""Migrate both databases to the schema of the MLflow version in this image; a second run changes nothing.

It runs as a separate task before the server uses a new image. libpq reads host, user and password of the database from
the PG* variables; MLFLOW_AUTH_ADMIN_PASSWORD becomes the password of the user `admin`.
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
LOCK = 5_071_105  # an arbitrary number for the advisory lock; a second migration waits for the first


def create_database(connection: "psycopg2.extensions.connection", name: str) -> None:
    """Create the database if it does not exist."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            print(f"database {name}: created", flush=True)


def set_admin(password: str) -> None:
    """Create the user `admin`, or set its password to the one of a rotated secret."""
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore()
    store.init_db(f"postgresql+psycopg2:///{AUTH}")
    if not store.has_user(ADMIN):
        store.create_user(ADMIN, password, is_admin=True)
        print(f"user {ADMIN}: created", flush=True)
    elif not store.authenticate_user(ADMIN, password):
        store.update_user(ADMIN, password=password, is_admin=True)
        print(f"user {ADMIN}: password changed", flush=True)


def main() -> None:
    """Create the database of users, upgrade both schemas and set the password of `admin`."""
    password = os.environ["MLFLOW_AUTH_ADMIN_PASSWORD"]
    with closing(psycopg2.connect(dbname=TRACKING)) as connection:
        connection.autocommit = True  # CREATE DATABASE cannot run in a transaction
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", (LOCK,))  # held until the connection closes
        create_database(connection, AUTH)
        for command in (
            ["mlflow", "db", "upgrade", f"postgresql+psycopg2:///{TRACKING}"],
            ["mlflow.server.auth", "db", "upgrade", "--url", f"postgresql+psycopg2:///{AUTH}"],
        ):
            subprocess.run([sys.executable, "-m", *command], check=True)
        set_admin(password)
    print("migrated", flush=True)


if __name__ == "__main__":
    main()

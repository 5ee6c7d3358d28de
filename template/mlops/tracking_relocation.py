"""A tracking store on this machine, after its repository was moved or copied.

MLflow writes the whole path of every artifact into its database and has no command to change it: a copy would go on
writing into the original, and a moved one would look for its champion in a folder that is gone.
"""

import sqlalchemy

# Where MLflow 3 keeps such paths. One that is not listed stays as it was, and fails by its name where it is read.
COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def rewrite_artifact_paths(uri: str, before: str, now: str) -> None:
    """Let every path in the database at ``uri`` that begins with ``before`` begin with ``now``; all of them or none.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: it cannot be written, or is of an MLflow that keeps its paths elsewhere.
    """
    engine = sqlalchemy.create_engine(uri)
    with engine.begin() as connection:
        for table, column in COLUMNS:
            statement = sqlalchemy.text(
                f"UPDATE {table} SET {column} = :now || substr({column}, length(:before) + 1) "
                f"WHERE substr({column}, 1, length(:before) + 1) IN (:before, :before || '/')"
            )
            connection.execute(statement, {"before": before, "now": now})
    engine.dispose()

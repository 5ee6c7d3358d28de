"""Update a local tracking store after its repository was moved or copied.

MLflow writes the absolute path of every artifact into its database and has no command to change it. Without this
update, a copy would write into the original repository, and a moved repository would look for its champion in a folder
that no longer exists.
"""

import sqlalchemy

# Columns in which MLflow 3 stores such paths. A path in any other column is not changed; reading it fails and names it.
COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def rewrite_artifact_paths(uri: str, before: str, now: str) -> None:
    """Replace the prefix ``before`` by ``now`` in every path in the database at ``uri``: in all of them or in none.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database cannot be written, or its MLflow stores paths in other columns.
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

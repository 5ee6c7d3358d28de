"""The settings of the project in ``pyproject.toml``, and the import of the team's package."""

import importlib
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from pydantic import BaseModel, ConfigDict, ValidationError

from mlops.errors import MlopsError
from mlops.model import Task


class Settings(BaseModel):
    """``[tool.mlops]`` of pyproject.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    package: str
    task: Task
    target: str
    model_name: str
    tracking_uri: str
    positive_label: int | str | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """A generated repository."""

    root: Path
    settings: Settings

    @classmethod
    def load(cls, root: Path | None = None) -> "Project":
        """Read the project at ``root``, by default the current folder.

        Raises:
            MlopsError: there is no pyproject.toml, or ``[tool.mlops]`` is missing or not valid.
        """
        root = Path.cwd() if root is None else root
        path = root / "pyproject.toml"
        if not path.is_file():
            raise MlopsError(f"{path} does not exist: run this at the root of the repository")
        try:
            return cls(root, Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))["tool"]["mlops"]))
        except tomllib.TOMLDecodeError as error:
            raise MlopsError(f"{path} is not valid TOML: {error}") from error
        except KeyError as error:
            raise MlopsError(f"{path} has no [tool.mlops] section") from error
        except ValidationError as error:
            raise MlopsError(f"{path}, [tool.mlops]: {explain(error)}") from error

    @property
    def tracking_uri(self) -> str:
        """Return the address of runs and models; MLFLOW_TRACKING_URI takes precedence over pyproject.toml."""
        uri = os.environ.get("MLFLOW_TRACKING_URI") or self.settings.tracking_uri
        prefix = "sqlite:///"
        if uri.startswith(prefix) and not uri.startswith(prefix + "/"):
            return f"{prefix}{self.root.absolute() / uri.removeprefix(prefix)}"
        return uri

    def team(self, module: str) -> ModuleType:
        """Import ``src/<package>/<module>.py``.

        Raises:
            MlopsError: the package or the module does not exist. An error inside the module belongs to the team
                and keeps its traceback.
        """
        name = f"{self.settings.package}.{module}"
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name not in {name, self.settings.package}:
                raise
            path = self.root / "src" / self.settings.package / f"{module}.py"
            raise MlopsError(
                f"{path} does not exist; pyproject.toml names the package '{self.settings.package}'"
            ) from error


def explain(error: ValidationError) -> str:
    """Return the errors of pydantic in one line: place, what is wrong, and the value."""
    return "; ".join(
        f"{'.'.join(map(str, finding['loc'])) or 'the file'}: {finding['msg']} (found {finding['input']!r})"
        for finding in error.errors()
    )

"""The questions of ``copier.yml``, for the scripts that generate files from them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Question:
    """One question that a user is asked."""

    name: str
    help: str
    default: str  # a template in copier's delimiters if it is computed
    choices: dict[str, str]  # label to value; empty for text
    when: str  # the condition, a template; empty for always
    validator: str

    @property
    def is_computed(self) -> bool:
        """Return whether the default depends on other answers."""
        return "[[" in self.default or "[%" in self.default

    def condition(self) -> str:
        """Return ``when`` in words: ``deployment is kubernetes``.

        Raises:
            ValueError: the condition is not one comparison; extend this function.
        """
        match = re.fullmatch(r"\[\[ (\w+) (==|!=) '(\w+)' \]\]", self.when)
        if not match:
            raise ValueError(f"{self.name}: when: {self.when!r} is not of the form [[ question == 'answer' ]]")
        return f"{match[1]} is {'' if match[2] == '==' else 'not '}{match[3]}"


def _documents() -> dict[str, Any]:
    """Return copier.yml and the files that it includes as one mapping."""

    class Loader(yaml.SafeLoader):
        """A loader that supports the ``!include`` of copier.yml."""

    def include(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
        return yaml.safe_load((ROOT / str(loader.construct_scalar(node))).read_text(encoding="utf-8"))

    Loader.add_constructor("!include", include)
    text = (ROOT / "copier.yml").read_text(encoding="utf-8")
    merged: dict[str, Any] = {}
    for document in yaml.load_all(text, Loader=Loader):  # noqa: S506  # a subclass of SafeLoader
        merged.update(document)
    return merged


def settings() -> dict[str, Any]:
    """Return copier's settings, without their leading underscore."""
    return {name[1:]: value for name, value in _documents().items() if name.startswith("_")}


def asked_questions() -> list[Question]:
    """Return the questions in the order in which they are asked, without the hidden ones."""
    result = []
    for name, fields in _documents().items():
        if name.startswith("_") or fields.get("when") is False:
            continue
        choices = fields.get("choices", {})
        result.append(
            Question(
                name=name,
                help=str(fields["help"]),
                default=str(fields["default"]),
                choices=dict(choices) if isinstance(choices, dict) else {str(c): str(c) for c in choices},
                when=str(fields.get("when", "")),
                validator=str(fields.get("validator", "")),
            )
        )
    return result


def hidden_answers() -> dict[str, str]:
    """Return name and text of the answers that no user gives (``when: false``)."""
    return {
        name: str(fields["default"])
        for name, fields in _documents().items()
        if not name.startswith("_") and fields.get("when") is False
    }

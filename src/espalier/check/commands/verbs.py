"""The verbs of ``python -m mlops``, and commands that call them."""

from collections.abc import Iterator

from ..repo import Repo
from .command import UNKNOWN, Command


def verb_calls(command: Command) -> Iterator[str]:
    """Yield the verb of ``python -m mlops <verb>``."""
    module = command.python_module
    if module is None:
        # an interpreter behind a name that is not recognized, as in $(RUN) -m mlops gate
        for position, word in enumerate(command.words[:-2]):
            if word == "-m" and command.words[position + 1] == "mlops":
                module = "mlops", command.words[position + 2 :]
    if module and module[0] == "mlops":
        verb = next(iter(module[1]), "")
        if verb and not verb.startswith("-") and not UNKNOWN.search(verb) and verb not in ("…", "..."):
            yield verb


def known_verbs(repo: Repo) -> set[str] | None:
    """Return the verbs of ``python -m mlops``, None if they are unknown."""
    folder = "mlops/verbs/"
    found = {
        path[len(folder) : -3].replace("_", "-")
        for path in repo.files
        if path.startswith(folder)
        and path.endswith(".py")
        and "/" not in path[len(folder) :]
        and path[len(folder)] != "_"
    }
    if found:
        return found | {"check"}
    return None if repo.is_folder("mlops") else set()

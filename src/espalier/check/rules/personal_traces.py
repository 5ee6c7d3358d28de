"""ID: home directories, email addresses and author names from outside the project."""

import re
from collections.abc import Iterator

from ..finding import Finding
from ..recorded_answers import is_answered
from ..registry import rule
from ..repo import ANSWERS, Repo
from ..source import lines_with

HOME = re.compile(
    r"(?:(?<![\w.:/~$}{)-])|(?<=file://)|(?<=sqlite:///)|(?<=[:=\"'(]))/(?:home|Users)/([A-Za-z0-9][\w.-]*)|\b[A-Za-z]:\\{1,2}Users\\{1,2}([\w.-]+)"
)

# homes in images and on runners, and names that pages use for the reader
COMMON_HOMES = set(
    [
        "app",
        "appuser",
        "runner",
        "nonroot",
        "user",
        "model",
        "mlops",
        "ubuntu",
        "vscode",
        "jovyan",
        "worker",
        "circleci",
        "jenkins",
        "node",
        "you",
        "me",
        "name",
        "nobody",
        "mluser",
        "python",
        "service",
        "default",
        "airflow",
        "argo",
        "ray",
        "spark",
        "username",
        "youruser",
        "Shared",
    ]
)


@rule("ID101", title="a file contains a path in a user's home directory")
def no_home_directory(repo: Repo) -> Iterator[Finding]:
    """No file contains a path under a user's home directory.

    Why: it works on one machine only, and reveals the user's name.
    Fix: make the path relative to the repository, or read it from the environment.
    Blind spot: homes of well-known accounts (runner, app, …), those that an image creates, and recorded answers.
    """
    for path, source in repo.texts():
        text = source.text or ""
        if path == ANSWERS or not ("/home/" in text or "/Users/" in text or "\\Users\\" in text):
            continue
        created = set(re.findall(r"(?:useradd|adduser)\b[^\n&|;]*?([a-z_][\w-]*)\s*(?:$|[\\&|;\n])", text))
        for match in HOME.finditer(text):
            name = match[1] or match[2]
            if name not in COMMON_HOMES and name not in created and not is_answered(repo, match[0]):
                yield Finding(
                    path, text.count("\n", 0, match.start()) + 1, f"'{match[0]}' is a path in a user's home directory"
                )


EMAIL = re.compile(
    r"(?<![\w.+/:@-])([A-Za-z0-9][\w.+-]*)@([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24})(?![\w@:/-])"
)

RESERVED_DOMAINS = re.compile(
    r"(?:^|\.)(?:example\.(?:com|org|net|edu)|example|invalid|test|localhost|local)$|noreply\.github\.com$",
    re.IGNORECASE,
)

NOT_PERSONAL = {"git", "noreply", "no-reply", "root", "actions", "dependabot", "ssh"}


@rule("ID102", title="a file contains an email address that is not a recorded answer")
def no_foreign_address(repo: Repo) -> Iterator[Finding]:
    """Every email address in the repository is part of a recorded answer, is listed in CODEOWNERS, or belongs to a
    domain that is reserved for examples.

    Why: a template's author does not want the mail of every team, and a team should not publish an address by accident.
    Fix: use the recorded contact, or list the person in CODEOWNERS.
    Blind spot: tests, notebooks, release records in ``releases/`` (they name who approved), and names without address.
    """
    owners = {
        address for path in repo.named("CODEOWNERS") for address in re.findall(r"[\w.+-]+@[\w.-]+", repo.text(path))
    }
    for path, source in repo.texts():
        text = source.text or ""
        if (
            "@" not in text
            or path == ANSWERS
            or path.startswith(("tests/", "releases/", "reports/"))
            or path.endswith(".ipynb")
        ):
            continue
        if path.rpartition("/")[2] == "CODEOWNERS":
            continue
        for number in lines_with(source, ("@",)):
            for match in re.finditer(EMAIL, source.lines[number - 1]):
                if match[1].lower() in NOT_PERSONAL or RESERVED_DOMAINS.search(match[2]) or match[0] in owners:
                    continue
                if not is_answered(repo, match[0]):
                    yield Finding(
                        path, number, f"'{match[0]}' is not an address from the recorded answers or CODEOWNERS"
                    )


def as_dict(value: object) -> dict[str, object]:
    """Return the value if it is a table, otherwise an empty one."""
    return value if isinstance(value, dict) else {}


AUTHOR = re.compile(
    r"^[ \t]*(?:#|//|\*|\"\"\")?[ \t]*"
    r"(?:__author__[ \t]*=[ \t]*['\"]|@?[Aa]uthor(?:ed by)?[ \t]*:[ \t]*|@author[ \t]+|[Cc]reated by[ \t]*:?[ \t]+)"
    r"([^'\"\n]{2,60})",
    re.MULTILINE,
)

HOLDER = re.compile(
    r"^[ \t]*Copyright[ \t]+(?:\(c\)[ \t]+|©[ \t]*)?(?:\d{4}(?:[ \t]*[-,][ \t]*\d{4})*,?[ \t]+)([^\n]+?)\.?[ \t]*$",
    re.MULTILINE,
)


@rule("ID103", title="an author or license holder is not from this project")
def no_foreign_author(repo: Repo) -> Iterator[Finding]:
    """No source file names an author, the authors and maintainers in pyproject.toml are in the recorded answers, and
    the license holder is the recorded organization.

    Why: a generated repository belongs to its team; with a foreign license holder the team has no rights to grant.
    Fix: delete the line (the git history records authors), or write the organization as the holder.
    Blind spot: names in running text; a repository without recorded answers has no holder to compare with.
    """
    for path, source in repo.texts():
        text = source.text or ""
        if (
            path.endswith((".py", ".sh", ".tf", ".md", "Dockerfile", ".dockerfile", ".toml", ".yaml", ".yml"))
            and "uthor" in text
        ):
            for match in AUTHOR.finditer(text):
                if path != ANSWERS and not is_answered(repo, match[1]) and not path.startswith("mlops/check/"):
                    line = text.count("\n", 0, match.start(1)) + 1
                    yield Finding(path, line, f"names '{match[1].strip()}' as author")
        if path == "pyproject.toml" and repo.answers:
            project = as_dict(repo.toml(path).get("project"))
            for key in ("authors", "maintainers"):
                people = project.get(key)
                for person in people if isinstance(people, list) else ():
                    name = as_dict(person).get("name")
                    if isinstance(name, str) and not is_answered(repo, name):
                        line = repo.find_line(path, "[project]", f'"{name}"')
                        yield Finding(path, line, f"names '{name}' among the {key}")
        if path.startswith("LICENSE") and repo.answers:
            for match in HOLDER.finditer(text):
                given = [repo.answer(name) for name in ("organization", "contact", "project_name")]
                if any(given) and not any(name and (name in match[1] or match[1] in name) for name in given):
                    line = text.count("\n", 0, match.start(1)) + 1
                    yield Finding(
                        path,
                        line,
                        f"the license holder is '{match[1]}', but the recorded answer is '{given[0] or given[1]}'",
                    )

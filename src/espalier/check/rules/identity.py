"""Secrets, and traces of whoever wrote the template or ran it."""

import re
from collections.abc import Iterator

from ..finding import Finding
from ..parse.yaml_ import Text, as_list, as_map, mappings
from ..registry import rule
from ..repo import ANSWERS, Kind, Repo, Source
from .leftovers import answered

# what it is, texts of which one must be there for the pattern to be tried, the pattern
SECRETS = [
    ("a private key", "-----BEGIN", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    ("an AWS access key", "AKIA ASIA", r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{4}[A-Z0-9]{12}(?![A-Za-z0-9])"),
    (
        "an AWS secret key",
        "ecret",
        r"(?i)aws_?secret_?(?:access_?)?key['\"]?\s*[:=]\s*['\"]?[A-Za-z0-9/+=]{40}(?![A-Za-z0-9/+=])",
    ),
    (
        "a GitHub token",
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
        r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b|\bgithub_pat_[A-Za-z0-9_]{60,}",
    ),
    ("a GitLab token", "glpat-", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("a Slack token", "xox", r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    ("a Google API key", "AIza", r"\bAIza[A-Za-z0-9_-]{35}\b"),
    ("a PyPI token", "pypi-", r"\bpypi-AgE[A-Za-z0-9_-]{40,}"),
    ("an npm token", "npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("a Hugging Face token", "hf_", r"\bhf_[A-Za-z]{34}\b"),
    ("an API key", "sk-", r"\bsk-(?:ant-|proj-|live-)?[A-Za-z0-9_-]{40,}"),
    ("a Stripe key", "_live_", r"\b[rs]k_live_[A-Za-z0-9]{20,}"),
    ("an Azure storage key", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{80,}=="),
    ("a JSON web token", "eyJ", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}"),
]
URL = re.compile(r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}://([^\s/:@'\"<>`]*):([^\s/@'\"<>`]+)@[A-Za-z0-9\[]")
VARIABLE = re.compile(r"[$%{<*]|\.\.\.|…|x{3,}\Z")
SECRET_WORDS = ("passw", "secret", "token", "api_key", "apikey", "access_key", "accesskey")
ASSIGNED = (
    r"(?i)(?<![a-z])(?:password|passwd|secret|token|api_?key|secret_?key|access_?key)['\"]?\s*[:=]\s*"
    r"(['\"])(?=[^'\"]*[0-9])(?=[^'\"]*[A-Za-z])([A-Za-z0-9/+=_!@#%^&*.-]{16,})\1"
)
# a password that somebody thought up is shorter; a value without quotes is text where no name could stand
PASSWORD = (
    r"(?i)(?<![a-z])(?:password|passwd|passphrase)['\"]?\s*[:=]\s*"
    r"(['\"])(?=[^'\"]*[0-9])(?=[^'\"]*[A-Za-z])([^\s'\"<>{}$]{8,15}|[^\s'\"<>{}$]*[^A-Za-z0-9/+=_!@#%^&*.'\"\s-][^\s'\"<>{}$]*)\1"
)
UNQUOTED = (
    r"(?i)(?<![a-z])(?:password|passwd|passphrase|secret|token|api_?key|secret_?key|access_?key)"
    r"(?:[ \t]*:[ \t]+|=)()(?=[A-Za-z_-]*[0-9])(?=[0-9_-]*[A-Za-z])([A-Za-z0-9_-]{16,})(?=\s|$)"
)
PLAIN_VALUES = (
    ".yaml",
    ".yml",
    ".sh",
    ".bash",
    ".env",
    ".ini",
    ".cfg",
    ".conf",
    "Dockerfile",
    ".dockerfile",
    ".tfvars",
)


@rule("SEC101", title="a secret is in a file")
def no_secret_is_written_down(repo: Repo) -> Iterator[Finding]:
    """No file holds a private key, a key or token of a known provider, or a long password assigned as text.

    Why: whoever can read the repository can use it, and git never forgets it.
    Fix: revoke it first; then take it from the environment, or from the platform's secret store.
    Blind spot: only forms that are sure to be secrets; files over 1 MiB and ignored files are not read.
    """
    for path, source in repo.texts():
        text = source.text or ""
        for what, probes, pattern in SECRETS:
            if any(probe in text for probe in probes.split()):
                for match in re.finditer(pattern, text):
                    line = text.count("\n", 0, match.start()) + 1
                    yield Finding(path, line, f"holds {what} ('{match[0][:8]}…')")
        for number in _lines_with(source, SECRET_WORDS):
            patterns = (ASSIGNED, PASSWORD, UNQUOTED) if path.endswith(PLAIN_VALUES) else (ASSIGNED, PASSWORD)
            for match in (m for pattern in patterns for m in re.finditer(pattern, source.lines[number - 1])):
                if not VARIABLE.match(match[2]) and not path.startswith("mlops/check/"):
                    size = len(match[2])
                    yield Finding(path, number, f"assigns a secret as text ('{match[2][:3]}…', {size} characters)")


def _lines_with(source: Source, words: tuple[str, ...]) -> list[int]:
    """The numbers of the lines that hold one of the words in whatever case."""
    lower, numbers = source.lower, set()
    for word in words:
        at = lower.find(word)
        while at >= 0:
            numbers.add(lower.count("\n", 0, at) + 1)
            following = lower.find("\n", at)
            at = lower.find(word, following) if following >= 0 else -1
    return sorted(number for number in numbers if number <= len(source.lines))


@rule("SEC102", title="an address holds a password")
def no_password_in_an_address(repo: Repo) -> Iterator[Finding]:
    """No address has the form ``scheme://name:password@host`` with a password that is no variable.

    Why: addresses end up in logs, in records and on pages.
    Fix: revoke the password; name a variable in its place, or let the client read its own credentials.
    Blind spot: a token given as the user's name alone.
    """
    for path, source in repo.texts():
        text = source.text or ""
        for match in URL.finditer(text) if "://" in text and "@" in text else ():
            if not VARIABLE.match(match[2]) and not path.startswith("mlops/check/"):
                line = text.count("\n", 0, match.start()) + 1
                yield Finding(path, line, f"an address holds the password of '{match[1] or 'its host'}'")


@rule("SEC103", title="a manifest carries a secret's value")
def manifests_carry_no_secret(repo: Repo) -> Iterator[Finding]:
    """No ``kind: Secret`` in the repository has values, and no container has a literal value for a variable whose
    name says password, token or secret.

    Why: base64 is no encryption; the value is readable to whoever reads the repository.
    Fix: name the Secret with ``secretKeyRef`` and let an external store, or a sealed secret, fill it.
    Blind spot: values in ConfigMaps under names that say nothing.
    """
    for path in repo.of_kind(Kind.YAML):
        if "Secret" not in repo.text(path) and "env:" not in repo.text(path):
            continue
        for document in repo.yaml(path).documents:
            for item in mappings(document):
                if item.get("kind") == "Secret" and "apiVersion" in item:
                    for key in ("data", "stringData"):
                        if any(value not in (None, "") for value in as_map(item.get(key)).values()):
                            name = as_map(item.get("metadata")).get("name")
                            yield Finding(path, item.line_of(key), f"Secret '{name}' carries its values under '{key}'")
                for variable in as_list(item.get("env")):
                    entry = as_map(variable)
                    name, value = entry.get("name"), entry.get("value")
                    if (
                        isinstance(name, Text)
                        and isinstance(value, Text)
                        and re.search(r"(?:PASSWORD|PASSWD|TOKEN|SECRET|API_?KEY)$", name)
                        and value
                        and not VARIABLE.match(value)
                    ):
                        yield Finding(path, entry.line_of("value"), f"variable {name} has its value written here")


@rule("SEC104", title="DVC's settings hold a credential")
def dvc_config_holds_no_credential(repo: Repo) -> Iterator[Finding]:
    """``.dvc/config`` has no password, key or token.

    Why: the file is in git; DVC keeps credentials in ``.dvc/config.local``, which is not.
    Fix: revoke it, then ``dvc remote modify --local REMOTE KEY VALUE``, or use a role.
    Blind spot: credentials inside an address are SEC102's.
    """
    for path in repo.files:
        if path.endswith(".dvc/config"):
            for number, line in enumerate(repo.text(path).split("\n"), 1):
                match = re.match(
                    r"\s*(password|secret_access_key|access_key_id|session_token|sas_token|account_key|connection_string|client_secret|token)\s*=\s*\S",
                    line,
                )
                if match:
                    yield Finding(path, number, f"'{match[1]}' is a credential")


HOME = re.compile(
    r"(?:(?<![\w.:/~$}{)-])|(?<=file://)|(?<=sqlite:///)|(?<=[:=\"'(]))/(?:home|Users)/([A-Za-z0-9][\w.-]*)|\b[A-Za-z]:\\{1,2}Users\\{1,2}([\w.-]+)"
)
# homes that images and runners have, and names that pages use for "you"
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


@rule("ID101", title="a path of somebody's own machine is in a file")
def no_home_directory(repo: Repo) -> Iterator[Finding]:
    """No file holds a path under somebody's home directory.

    Why: it works on one machine only, and tells whose.
    Fix: make the path relative to the repository, or read it from the environment.
    Blind spot: homes of well-known accounts (runner, app, …), those an image itself makes, and answers.
    """
    for path, source in repo.texts():
        text = source.text or ""
        if path == ANSWERS or not ("/home/" in text or "/Users/" in text or "\\Users\\" in text):
            continue
        created = set(re.findall(r"(?:useradd|adduser)\b[^\n&|;]*?([a-z_][\w-]*)\s*(?:$|[\\&|;\n])", text))
        for match in HOME.finditer(text):
            name = match[1] or match[2]
            if name not in COMMON_HOMES and name not in created and not answered(repo, match[0]):
                yield Finding(
                    path, text.count("\n", 0, match.start()) + 1, f"'{match[0]}' is a path on somebody's own machine"
                )


EMAIL = re.compile(
    r"(?<![\w.+/:@-])([A-Za-z0-9][\w.+-]*)@([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24})(?![\w@:/-])"
)
RESERVED_DOMAINS = re.compile(
    r"(?:^|\.)(?:example\.(?:com|org|net|edu)|example|invalid|test|localhost|local)$|noreply\.github\.com$",
    re.IGNORECASE,
)
NO_PERSON = {"git", "noreply", "no-reply", "root", "actions", "dependabot", "ssh"}


@rule("ID102", title="an e-mail address is in a file that nobody answered")
def no_foreign_address(repo: Repo) -> Iterator[Finding]:
    """Every e-mail address in the repository is one that an answer gave, one that CODEOWNERS names, or one at a
    domain that is reserved for examples.

    Why: a template's author does not want the mail of every team, and a team should not publish a person by accident.
    Fix: use the contact that was answered, or name the person in CODEOWNERS.
    Blind spot: tests, notebooks, records in ``releases/`` (who approved is their content) and names without address.
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
        for number in _lines_with(source, ("@",)):
            for match in re.finditer(EMAIL, source.lines[number - 1]):
                if match[1].lower() in NO_PERSON or RESERVED_DOMAINS.search(match[2]) or match[0] in owners:
                    continue
                if not answered(repo, match[0]):
                    yield Finding(path, number, f"'{match[0]}' is no address that this repository was given")


def as_dict(value: object) -> dict[str, object]:
    """The value where it is a table, else an empty one."""
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


@rule("ID103", title="an author is named who is not this project's")
def no_foreign_author(repo: Repo) -> Iterator[Finding]:
    """No source file names an author, no author or maintainer of pyproject.toml is one that nobody answered, and the
    license's holder is the organization that was answered.

    Why: a generated repository belongs to its team; a license in a stranger's name gives the team no rights to grant.
    Fix: delete the line (git knows who wrote what), or write the organization as the holder.
    Blind spot: names in running text; a repository without recorded answers has no holder to compare with.
    """
    for path, source in repo.texts():
        text = source.text or ""
        if (
            path.endswith((".py", ".sh", ".tf", ".md", "Dockerfile", ".dockerfile", ".toml", ".yaml", ".yml"))
            and "uthor" in text
        ):
            for match in AUTHOR.finditer(text):
                if path != ANSWERS and not answered(repo, match[1]) and not path.startswith("mlops/check/"):
                    line = text.count("\n", 0, match.start(1)) + 1
                    yield Finding(path, line, f"names '{match[1].strip()}' as author")
        if path == "pyproject.toml" and repo.answers:
            project = as_dict(repo.toml(path).get("project"))
            for key in ("authors", "maintainers"):
                people = project.get(key)
                for person in people if isinstance(people, list) else ():
                    name = as_dict(person).get("name")
                    if isinstance(name, str) and not answered(repo, name):
                        line = repo.find_line(path, "[project]", f'"{name}"')
                        yield Finding(path, line, f"names '{name}' among the {key}")
        if path.startswith("LICENSE") and repo.answers:
            for match in HOLDER.finditer(text):
                given = [repo.answer(name) for name in ("organization", "contact", "project_name")]
                if any(given) and not any(name and (name in match[1] or match[1] in name) for name in given):
                    line = text.count("\n", 0, match.start(1)) + 1
                    yield Finding(
                        path, line, f"the license's holder is '{match[1]}', the answers say '{given[0] or given[1]}'"
                    )

"""SEC: keys, tokens and passwords in files."""

import re
from collections.abc import Iterator

from ..finding import Finding
from ..parse.yaml_ import Text, as_list, as_map, mappings
from ..registry import rule
from ..repo import Repo
from ..source import Kind, lines_with

# what it is; texts, one of which must occur before the pattern is tried; the pattern
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

# a password chosen by a person is shorter; a value without quotes is a literal where a name is impossible
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
    """No file contains a private key, a key or token of a known provider, or a long password assigned as text.

    Why: everyone who can read the repository can use it, and it stays in the git history.
    Fix: revoke it first; then read it from the environment, or from the platform's secret store.
    Blind spot: only forms that are certainly secrets are found; files over 1 MiB and ignored files are not read.
    """
    for path, source in repo.texts():
        text = source.text or ""
        for what, probes, pattern in SECRETS:
            if any(probe in text for probe in probes.split()):
                for match in re.finditer(pattern, text):
                    line = text.count("\n", 0, match.start()) + 1
                    yield Finding(path, line, f"contains {what} ('{match[0][:8]}…')")
        for number in lines_with(source, SECRET_WORDS):
            patterns = (ASSIGNED, PASSWORD, UNQUOTED) if path.endswith(PLAIN_VALUES) else (ASSIGNED, PASSWORD)
            for match in (m for pattern in patterns for m in re.finditer(pattern, source.lines[number - 1])):
                if not VARIABLE.match(match[2]) and not path.startswith("mlops/check/"):
                    size = len(match[2])
                    yield Finding(path, number, f"assigns a secret as text ('{match[2][:3]}…', {size} characters)")


@rule("SEC102", title="an address contains a password")
def no_password_in_an_address(repo: Repo) -> Iterator[Finding]:
    """No address has the form ``scheme://name:password@host`` with a literal password.

    Why: addresses end up in logs, records and pages.
    Fix: revoke the password; use a variable instead, or let the client read its own credentials.
    Blind spot: a token given as the user name, without a password.
    """
    for path, source in repo.texts():
        text = source.text or ""
        for match in URL.finditer(text) if "://" in text and "@" in text else ():
            if not VARIABLE.match(match[2]) and not path.startswith("mlops/check/"):
                line = text.count("\n", 0, match.start()) + 1
                yield Finding(path, line, f"an address contains the password of '{match[1] or 'its host'}'")


@rule("SEC103", title="a manifest contains the value of a secret")
def manifests_carry_no_secret(repo: Repo) -> Iterator[Finding]:
    """No ``kind: Secret`` in the repository has values, and no container has a literal value for a variable whose
    name ends in password, token, secret or API key.

    Why: base64 is not encryption; everyone who can read the repository can read the value.
    Fix: refer to the Secret with ``secretKeyRef`` and let an external store, or a sealed secret, fill it.
    Blind spot: values in ConfigMaps under other names.
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
                            yield Finding(path, item.line_of(key), f"Secret '{name}' contains its values under '{key}'")
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
                        yield Finding(path, entry.line_of("value"), f"variable {name} has a literal value")


@rule("SEC104", title="DVC's settings contain a credential")
def dvc_config_holds_no_credential(repo: Repo) -> Iterator[Finding]:
    """``.dvc/config`` has no password, key or token.

    Why: the file is in git; DVC reads credentials from ``.dvc/config.local``, which is not.
    Fix: revoke it, then ``dvc remote modify --local REMOTE KEY VALUE``, or use a role.
    Blind spot: credentials inside an address; SEC102 finds them.
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

"""Makefiles: variables, targets with their prerequisites, and recipes."""

import re
from dataclasses import dataclass, field

ASSIGNMENT = re.compile(r"^(?:export\s+|override\s+)*([A-Za-z_][\w.-]*)\s*(?::{0,3}|\?|\+|!)=\s*(.*)$")
TARGET_VARIABLE = re.compile(r"^\s*(?:export\s+|private\s+|override\s+)*[A-Za-z_][\w.-]*\s*(?::{0,3}|\?|\+)=")
RULE = re.compile(r"^([^\s#=:][^#=:]*?)\s*::?(?!=)\s*([^#]*)(?:#.*)?$")
INCLUDE = re.compile(r"^(-|s)?include\s+(.+?)\s*(?:#.*)?$")
REFERENCE = re.compile(r"\$(?:\(([\w.-]+)\)|\{([\w.-]+)\}|([@<^*?]))")


@dataclass(slots=True)
class Makefile:
    """The definitions in one Makefile."""

    variables: dict[str, str] = field(default_factory=dict)
    variable_lines: dict[str, int] = field(default_factory=dict)
    targets: dict[str, int] = field(default_factory=dict)  # name to line
    prerequisites: list[tuple[int, str, str]] = field(default_factory=list)  # line, target, prerequisite
    recipes: list[tuple[int, str]] = field(default_factory=list)  # line, command with its variables resolved
    includes: list[tuple[int, str, bool]] = field(default_factory=list)  # line, path, may be missing

    @property
    def patterns(self) -> list[str]:
        """The targets with a pattern or a variable."""
        return [target for target in self.targets if "%" in target or "$" in target]

    def makes(self, target: str) -> bool:
        """Return whether a rule, or a pattern rule, builds the target."""
        if target in self.targets:
            return True
        for pattern in self.patterns:
            expression = re.sub(r"\\?\$.*", ".*", re.escape(pattern)).replace("%", ".+")
            if re.fullmatch(expression, target):
                return True
        return False

    def resolve(self, text: str, depth: int = 0) -> str:
        """Return the text with the file's own variables replaced, and ``$$`` as ``$``."""

        def value(match: re.Match[str]) -> str:
            known = self.variables.get(match[1] or match[2] or "")
            if known is None or depth > 10 or len(known) > 2000:
                return match[0]
            return self.resolve(known, depth + 1)

        resolved = REFERENCE.sub(value, text)
        return resolved.replace("$$", "$") if depth == 0 else resolved


def parse(text: str) -> Makefile:
    """Parse a Makefile; both branches of a conditional are read, and functions are not evaluated."""
    result = Makefile()
    raw_recipes: list[tuple[int, str]] = []
    in_rule = in_define = False
    for line, logical in _logical_lines(text):
        if in_define:
            in_define = not logical.startswith("endef")
            continue
        if logical.startswith("define "):
            in_define = True
            continue
        if logical.startswith("\t"):
            if in_rule:
                raw_recipes.append((line, logical[1:].lstrip("@-+ \t")))
            continue
        stripped = logical.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if include := INCLUDE.match(stripped):
            result.includes.extend((line, path, bool(include[1])) for path in include[2].split())
        elif assignment := ASSIGNMENT.match(stripped):
            result.variables.setdefault(assignment[1], re.sub(r"\s+#.*", "", assignment[2]).strip())
            result.variable_lines.setdefault(assignment[1], line)
            in_rule = False
        elif found := RULE.match(stripped):
            in_rule = True
            _add_rule(result, line, found[1], found[2], raw_recipes)
    result.recipes = [(line, result.resolve(recipe)) for line, recipe in raw_recipes]
    return result


def _add_rule(result: Makefile, line: int, names: str, rest: str, recipes: list[tuple[int, str]]) -> None:
    targets = result.resolve(names).split()
    for target in targets:
        if target != ".PHONY":
            result.targets.setdefault(target, line)
    if TARGET_VARIABLE.match(rest):
        return
    rest, semicolon, recipe = rest.partition(";")
    if semicolon:
        recipes.append((line, recipe.strip().lstrip("@-+")))
    for prerequisite in result.resolve(rest).replace("|", " ").split():
        result.prerequisites.append((line, targets[0] if targets else "", prerequisite))


def _logical_lines(text: str) -> list[tuple[int, str]]:
    lines: list[tuple[int, str]] = []
    pending, start = "", 0
    for number, raw in enumerate(text.split("\n"), 1):
        raw = raw.removesuffix("\r")
        start = start if pending else number
        if raw.endswith("\\"):
            # a recipe keeps its line breaks, so that its commands have line numbers
            pending += raw + "\n" if (pending or raw).startswith("\t") else raw[:-1] + " "
            continue
        lines.append((start, pending + raw))
        pending = ""
    if pending:
        lines.append((start, pending))
    return lines

"""The how-tos about the infrastructure: their figures are the modules' own; test_stacks.py types their commands."""

import re

from support.infra import MODULES, modules
from support.working_tree import ROOT


def test_what_it_costs_repeats_the_sums_of_every_module() -> None:
    page = (ROOT / "docs" / "how-to" / "what-it-costs.md").read_text("utf-8")
    rows = dict(re.findall(r"(?m)^\| \[([\w-]+)\]\(.*?\).*? \| (\S+ \| \S+) \|", page))
    assert sorted(rows) == modules()
    for module, row in rows.items():
        cost = (MODULES / module / "README.md").read_text("utf-8").partition("## Cost")[2].partition("## Operation")[0]
        for figure in row.split(" | "):
            assert figure in cost, f"{module}: {figure} is no longer in the README's table"

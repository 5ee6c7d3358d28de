"""Figures in the how-tos about infrastructure equal those of the modules; test_stacks.py runs their commands."""

import re

from support.infra import MODULES, modules
from support.working_tree import ROOT


def test_what_it_costs_has_the_totals_of_every_module() -> None:
    page = (ROOT / "docs" / "how-to" / "what-it-costs.md").read_text("utf-8")
    rows = dict(re.findall(r"(?m)^\| \[([\w-]+)\]\(.*?\).*? \| (\S+ \| \S+) \|", page))
    assert sorted(rows) == modules()
    for module, row in rows.items():
        cost = (MODULES / module / "README.md").read_text("utf-8").partition("## Cost")[2].partition("## Operation")[0]
        for figure in row.split(" | "):
            assert figure in cost, f"{module}: {figure} is not in the table of its README"

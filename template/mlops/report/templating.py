"""The Jinja environments of both pages."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mlops.report import number_format

TEMPLATES = Path(__file__).parent / "templates"


def environment(finalize: Any, escape: bool) -> Environment:
    """Return an environment that passes every value through ``finalize``; ``escape`` is for HTML."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=escape,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters |= {
        "bounds": number_format.bounds,
        "number": number_format.number,
        "signed": number_format.signed,
        "short": number_format.short,
    }
    return templates

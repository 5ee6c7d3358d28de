"""The verbs of ``python -m mlops``, in groups and in the order in which a newcomer needs them."""

# A test compares this table with the modules in mlops/verbs.
GROUPS = {
    "Pipeline": {
        "setup": "install the locked environment into .venv",
        "data": "load the rows into data/raw",
        "validate": "validate the rows against the schema",
        "split": "split the rows into training and held-out rows",
        "train": "train the candidate model",
        "evaluate": "collect evidence about candidate and champion, and log the run",
        "pipeline": "run all stages, the gates and the report; the verdict comes last",
    },
    "Quality": {
        "gate": "judge the evidence by model_gates.yaml (exit 0 pass, 1 fail, 2 unusable, 3 hold)",
        "plan-sample": "compute how many rows the gate file needs",
        "report": "write the report of evidence and verdict",
        "check": "find files of this repository that do not fit together",
        "status": "list what this repository has and what it lacks",
    },
    "Release": {
        "register": "add the judged candidate to the model registry",
        "champion": "show or set the model that production runs",
        "predict": "predict a file of rows",
        "serve": "serve predictions over HTTP",
    },
}
VERBS = {verb: help_text for verbs in GROUPS.values() for verb, help_text in verbs.items()}
RENAMED = {"gates": "gate"}  # old names; they work for one release, with a notice


def overview() -> str:
    """Return the verbs by group, for ``--help``."""
    width = max(map(len, VERBS))
    return "\n\n".join(
        "\n".join([group, *(f"  {verb:<{width}}  {text}" for verb, text in verbs.items())])
        for group, verbs in GROUPS.items()
    )

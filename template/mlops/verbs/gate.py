"""Judge the evidence by model_gates.yaml: exit 0 pass, 1 fail, 2 unusable, 3 hold."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mlops import paths
from mlops.evidence import currency, reading
from mlops.gates import config, verdict


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--evidence", type=Path, default=paths.EVIDENCE, help="folder of the evidence (%(default)s)")
    parser.add_argument("--gates", type=Path, default=paths.GATES, help="gate file (%(default)s)")
    parser.add_argument("--out", type=Path, default=paths.VERDICT, help="verdict to write (%(default)s)")
    parser.add_argument("--commit", help="the commit that the evidence must be of; by default HEAD or one before it")


def run(arguments: Namespace) -> int:
    arguments.out.unlink(missing_ok=True)  # an old verdict must not outlive an error
    file = config.read(arguments.gates)
    evidence = reading.read(arguments.evidence)
    currency.check(evidence.document, Path.cwd(), arguments.commit)
    judgement = verdict.judge(evidence, file)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(judgement.model_dump_json(indent=2) + "\n", encoding="utf-8")
    print(verdict.table(judgement))
    return judgement.exit_code

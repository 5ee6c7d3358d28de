"""Predict the rows of a file and write the predictions to another file, in the same order."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mlops import model, paths, table_io


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("input", type=Path, help=f"rows with the model's input columns ({', '.join(table_io.ENDINGS)})")
    parser.add_argument("output", type=Path, help=f"output file, with label and score ({', '.join(table_io.ENDINGS)})")
    parser.add_argument("--model", type=Path, default=paths.CANDIDATE, help="model directory (%(default)s)")


def run(arguments: Namespace) -> int:
    table_io.check_ending(arguments.output)
    predictor = model.load(arguments.model)
    rows = table_io.read(arguments.input, predictor.signature.texts)
    answers = predictor.predict(rows)
    table_io.write(rows.assign(label=answers.label, score=answers.score), arguments.output)
    print(f"{len(rows)} predictions of {predictor.digest} -> {arguments.output}")
    return 0

"""Collect evidence about candidate and champion on the same rows, and log training and evidence."""

import json
import platform
import shutil
from argparse import ArgumentParser, Namespace

from mlops import champion_model, model, params, paths, table_io, training_record
from mlops.evidence import cases, collection, curves
from mlops.gates.core import dataclass_schema, digests
from mlops.gates.evidence import contract, evidence_reader
from mlops.gates.metrics import metric_values
from mlops.project import Project
from mlops.repository import Repository
from mlops.tracking import Tracking


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(arguments: Namespace) -> int:
    project = Project.load()
    chosen = params.load(project.root)
    tracking = Tracking.open(project)
    training = training_record.read(paths.TRAINED)
    candidate = model.load(paths.CANDIDATE, expected_digest=training.model_digest)
    champion, champion_facts = load_champion(project, tracking)
    rows = table_io.read(paths.HELD_OUT, made_by="split")
    groups = project.team("features").protected_attributes(rows)
    table = collection.predictions_table(rows, project.settings.target, candidate, champion, groups)
    team_metrics = getattr(project.team("model"), "metrics", None)
    repository = Repository(project.root)
    known = tracking.version_of(candidate.digest)
    lock_digest = digests.of_file(project.root / "constraints.txt")
    run_id = tracking.log_training(
        paths.CANDIDATE,
        params={"seed": chosen.seed, **chosen.train.model_dump()},
        tags={
            "mlops.model_digest": candidate.digest,
            "mlops.training_data_digest": training.data_digest,
            "mlops.code_digest": repository.code_digest,
            "mlops.commit": repository.commit or "none",
            "mlops.dirty": str(repository.dirty).lower(),
            "mlops.lock_digest": lock_digest,
        },
        example=candidate.signature.frame(rows.head(3)),
    )
    document = contract.Evidence(
        schema_version=contract.VERSION,
        task=candidate.signature.task,
        labels=candidate.signature.labels,
        positive_label=candidate.signature.positive_label,
        commit=repository.commit,
        dirty=repository.dirty,
        code_digest=repository.code_digest,
        candidate=contract.ModelFacts(
            name=project.settings.model_name,
            digest=candidate.digest,
            size_bytes=model.size(paths.CANDIDATE),
            registry_version=str(known.version) if known else None,
        ),
        champion=champion_facts,
        data=contract.Data(
            training=contract.DataFacts(digest=training.data_digest, rows=training.rows),
            evaluation=contract.DataFacts(digest=digests.of_file(paths.HELD_OUT), rows=len(rows)),
        ),
        environment=contract.Environment(
            lock_digest=lock_digest,
            python=platform.python_version(),
            platform=platform.platform(),
        ),
        seed=chosen.seed,
        protected_attributes=[str(name) for name in groups.columns],
        inputs=[column.name for column in candidate.signature.inputs],
        latency=contract.LatencyConditions(
            warmup_requests=chosen.evaluate.latency_warmup, concurrency=1, cpu=collection.cpu_model()
        ),
        policy=collection.policy_facts(project.root / paths.MODEL_CARD),
        custom_metrics=collection.custom_metrics(team_metrics, table, champion is not None) if team_metrics else {},
        run_id=run_id,
    )
    shutil.rmtree(paths.EVIDENCE, ignore_errors=True)
    paths.EVIDENCE.mkdir(parents=True)
    (paths.EVIDENCE / contract.DOCUMENT).write_text(dataclass_schema.to_json(document), encoding="utf-8")
    table_io.write(table, paths.EVIDENCE / f"{contract.PREDICTIONS}.parquet")
    measured = collection.latency_table(
        candidate, rows, chosen.evaluate.latency_requests, chosen.evaluate.latency_warmup
    )
    table_io.write(measured, paths.EVIDENCE / f"{contract.LATENCY}.parquet")
    critical = cases.read(project.root / paths.CRITICAL_CASES, candidate.signature.texts)
    answers = collection.behavioral_table(candidate, critical)
    table_io.write(answers, paths.EVIDENCE / f"{contract.BEHAVIORAL}.parquet")

    # The reader of the gate, so that both refuse the same evidence.
    evidence = evidence_reader.read_evidence(paths.EVIDENCE)
    found = metric_values.metric_values(evidence).candidate
    paths.METRICS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    table_io.write(curves.calibration_curve(evidence.truth, evidence.candidate.score), paths.PLOTS / "calibration.csv")
    table_io.write(curves.gains_curve(evidence.truth, evidence.candidate.score), paths.PLOTS / "gains.csv")
    tracking.log_metrics(
        run_id,
        found,
        {"mlops.evaluation_data_digest": document.data.evaluation.digest, "mlops.evidence_digest": evidence.digest},
    )
    shown = ", ".join(f"{name} {value:.3f}" for name, value in found.items())
    print(f"{len(rows)} held-out rows, champion: {champion_facts.digest if champion_facts else 'none yet'}\n{shown}")
    print(f"-> {paths.EVIDENCE}, run {run_id} in {tracking.uri}")
    return 0


def load_champion(project: Project, tracking: Tracking) -> tuple[model.Predictor | None, contract.ModelFacts | None]:
    """Return the champion and the facts about it; None and None before the first release.

    Raises:
        MlopsError: the champion cannot be found.
    """
    champion = champion_model.find_champion(project, tracking)
    if champion is None:
        return None, None
    facts = contract.ModelFacts(
        name=champion.name,
        digest=champion.digest,
        size_bytes=model.size(champion.directory),
        registry_version=champion.registry_version,
    )
    return champion_model.load_champion(champion), facts

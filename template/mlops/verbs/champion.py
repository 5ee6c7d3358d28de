"""Show or set the champion. releases/production.yaml names it, and the registry's alias follows that file."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mlops import paths, release
from mlops.errors import MlopsError
from mlops.evidence import freshness
from mlops.gates.core import digests
from mlops.gates.evidence import evidence_reader
from mlops.gates.metrics.metric_values import metric_values
from mlops.project import Project
from mlops.tracking import Tracking
from mlops.verdict_guard import require_pass


def add_arguments(parser: ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--set", action="store_true", help="make the judged and registered candidate the champion")
    what.add_argument("--sync", action="store_true", help="set the registry's alias from the file")


def run(arguments: Namespace) -> int:
    project = Project.load()
    tracking = Tracking.open(project)
    if arguments.set:
        release.write(new_release(project.root, tracking), paths.PRODUCTION)
    record = release.read(project.root / paths.PRODUCTION)
    if arguments.set or arguments.sync:
        synchronize(tracking, record)
    return show(record, tracking)


def new_release(root: Path, tracking: Tracking) -> release.Release:
    """Return the release record of the candidate as champion, or the current record if it already is the champion.

    Raises:
        MlopsError: there is no PASS for exactly this model on fresh evidence, or the model is not registered.
    """
    verdict_document = require_pass(root)
    current = release.read(root / paths.PRODUCTION)
    if current is not None and current.model.digest == verdict_document.candidate:
        return current
    evidence = evidence_reader.read_evidence(root / paths.EVIDENCE)
    freshness.require_fresh(evidence.document, root, None)
    version = tracking.version_of(verdict_document.candidate)
    if version is None:
        raise MlopsError(f"{verdict_document.candidate} is not in the registry: run `python -m mlops register` first")
    document = evidence.document
    return release.Release(
        environment="production",
        model=release.ReleasedModel(
            name=document.candidate.name, digest=verdict_document.candidate, registry_version=str(version.version)
        ),
        commit=document.commit,
        data=document.data,
        lock_digest=document.environment.lock_digest,
        judgement=release.ReleasedVerdict(
            verdict="PASS",
            gates_digest=digests.of_file(root / paths.GATES),
            evidence_digest=evidence.digest,
            metrics={name: round(value, 6) for name, value in metric_values(evidence).candidate.items()},
        ),
        previous=current.model.digest if current else None,
    )


def synchronize(tracking: Tracking, record: release.Release | None) -> None:
    """Set the registry's alias to the model that the file names."""
    if record is None:
        tracking.clear_champion()
        return
    version = tracking.version_of(record.model.digest)
    if version is None:
        raise MlopsError(
            f"{paths.PRODUCTION} names {record.model.digest}, which the registry at {tracking.uri} does not have"
        )
    tracking.set_champion(str(version.version))


def show(record: release.Release | None, tracking: Tracking) -> int:
    """Print the file's champion and the alias; return 1 if they differ."""
    known = tracking.version_of(record.model.digest) if record else None
    alias = tracking.champion_version()
    print(f"{paths.PRODUCTION}: {record.model.digest if record else 'no champion yet'}")
    print(f"registry: {f'version {known.version}' if known else 'no version of it'}")
    print(f"alias 'champion': {f'version {alias}' if alias else 'not set'}")
    named = str(known.version) if known else None
    if named == alias and (record is None or known is not None):
        return 0
    print("they differ: `python -m mlops champion --sync` sets the alias from the file")
    return 1

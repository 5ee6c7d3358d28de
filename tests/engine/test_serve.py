"""Which model ``serve`` serves: the champion, before the first release the candidate, or the one that is named."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from support.engine import Result

Call = Callable[..., Result]


def served(result: Result) -> tuple[str, str]:
    """Return digest and description of the model that ``serve --check`` loaded."""
    assert result.code == 0, result.text
    found = re.fullmatch(r"\S+ (sha256:[0-9a-f]{64}) \((.+)\) loads and predicts its example\n", result.out)
    assert found, result.out
    return found.group(1), found.group(2)


@pytest.fixture
def released(trained: Path, call: Call) -> tuple[Path, str, str]:
    """A repository with a champion and another candidate; the digests of both."""
    for verb in (["register"], ["champion", "--set"]):
        assert call(trained, *verb).code == 0
    champion, _ = served(call(trained, "serve", "--check", "--candidate"))
    settings = trained / "params.yaml"
    changed, count = re.subn(r"fraction: 1.0", "fraction: 0.5", settings.read_text())
    assert count == 1
    settings.write_text(changed)
    assert call(trained, "train").code == 0
    candidate, _ = served(call(trained, "serve", "--check", "--candidate"))
    assert candidate != champion
    return trained, champion, candidate


def test_before_the_first_release_the_candidate_is_served(trained: Path, call: Call) -> None:
    _, description = served(call(trained, "serve", "--check"))
    assert description == "the candidate, since there is no champion yet"


def test_the_champion_is_served_unless_the_candidate_is_asked_for(released: tuple[Path, str, str], call: Call) -> None:
    folder, champion, candidate = released
    assert served(call(folder, "serve", "--check")) == (champion, "the champion")
    assert served(call(folder, "serve", "--check", "--candidate")) == (candidate, "the candidate")


def test_the_champion_is_loaded_only_with_the_digest_of_its_release_record(
    released: tuple[Path, str, str], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlops import champion_model

    folder, champion, candidate = released
    found = champion_model.ChampionModel(Path("models/candidate"), "m", champion, "1")
    monkeypatch.setattr(champion_model, "find_champion", lambda project: found)  # its files change after the look-up
    result = call(folder, "serve", "--check")
    assert result.code == 2
    assert champion in result.err
    assert candidate in result.err


def test_a_named_model_takes_precedence_over_the_champion(
    released: tuple[Path, str, str], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _, candidate = released
    description = "the model of --model or MODEL_DIR"
    assert served(call(folder, "serve", "--check", "--model", "models/candidate")) == (candidate, description)
    monkeypatch.setenv("MODEL_DIR", "models/candidate")  # as in the image
    assert served(call(folder, "serve", "--check")) == (candidate, description)


def test_a_champion_that_cannot_be_found_is_refused_with_the_way_to_serve_the_candidate(
    released: tuple[Path, str, str], call: Call
) -> None:
    folder, _, _ = released
    (folder / "mlruns.db").unlink()
    for name in ("mlartifacts", "models/champion"):
        shutil.rmtree(folder / name, ignore_errors=True)
    result = call(folder, "serve", "--check")
    assert result.code == 2
    assert "releases/production.yaml names a champion that cannot be found" in result.err
    assert "`python -m mlops serve --candidate` serves the candidate" in result.err


def test_model_and_candidate_together_are_refused(trained: Path, call: Call) -> None:
    result = call(trained, "serve", "--check", "--candidate", "--model", "models/candidate")
    assert (result.code, "not allowed with" in result.err) == (2, True)

"""A gate file that is not right is refused with file, line, key and what would be right; nothing is judged."""

import time

import pytest

from support.engine import EvidenceBuilder

GOOD = "performance: {accuracy: {min: 0.5}}\n"


@pytest.mark.parametrize(
    ("content", "line", "phrases"),
    [
        # unknown keys, at each depth
        ("size: {max_mb: 1}\nperformence: {accuracy: {min: 0.5}}", 2, ["'performence'", "did you mean 'performance'?"]),
        ("regression:\n  max_degredation: 0.01", 2, ["regression has no key", "did you mean 'max_degradation'?"]),
        ("performance:\n  accuracy:\n    mim: 0.9", 3, ["performance.accuracy", "did you mean 'min'?"]),
        (GOOD + "statistics:\n  confidense: 0.9", 3, ["did you mean 'confidence'?"]),
        ("latency:\n  p90_ms: 5\n  p95_ms: 5", 2, ["latency has no key 'p90_ms'"]),
        (GOOD + "zzz: 1", 2, ["no key 'zzz'", "there are performance, regression, latency"]),
        (GOOD + "1: 2", 2, ["no key '1'"]),
        # missing keys
        ("size: {}", 1, ["size needs the key 'max_mb'"]),
        ("fairness:\n  max_disparity: 0.1", 1, ["needs the key 'protected_attributes'"]),
        # a key twice
        ("performance:\n  accuracy: {min: 0.9}\n  accuracy: {min: 0.1}", 3, ["'accuracy' appears twice", "line 2"]),
        ("size: {max_mb: 1}\nlatency: {p50_ms: 1}\nsize: {max_mb: 1000}", 3, ["'size' appears twice", "line 1"]),
        ('size: {max_mb: 1}\n"size": {max_mb: 1000}', 2, ["'size' appears twice"]),
        # numbers that are none
        ("performance: {accuracy: {min: '0.9'}}", 1, ["performance.accuracy.min", "'0.9'"]),
        ("performance: {accuracy: {min: true}}", 1, ["performance.accuracy.min", "True"]),
        ("performance: {accuracy: {min: yes}}", 1, ["performance.accuracy.min", "True"]),
        ("performance: {accuracy: {min: .nan}}", 1, ["performance.accuracy.min", "nan"]),
        ("performance: {accuracy: {min: -.inf}}", 1, ["performance.accuracy.min", "-inf"]),
        ("performance: {accuracy: {min: 90%}}", 1, ["performance.accuracy.min", "'90%'"]),
        ("performance: {accuracy: {min: [0.9]}}", 1, ["performance.accuracy.min"]),
        ("performance: {accuracy: 0.9}", 1, ["performance.accuracy", "0.9"]),
        ("performance: {mae: {max: .inf}}", 1, ["performance.mae.max", "inf"]),
        ("size: {max_mb: .inf}", 1, ["size.max_mb"]),
        ("size: {max_mb: true}", 1, ["size.max_mb"]),
        # out of range
        ("size: {max_mb: 0}", 1, ["size.max_mb", "greater than 0"]),
        ("size: {max_mb: -1}", 1, ["size.max_mb"]),
        ("latency: {p50_ms: -5}", 1, ["latency.p50_ms"]),
        ("regression: {max_degradation: -0.01}", 1, ["regression.max_degradation"]),
        ("fairness: {max_disparity: -1, protected_attributes: [sex]}", 1, ["fairness.max_disparity"]),
        ("behavioral: {test_cases: cases.csv, min_pass_rate: 1.1}", 1, ["behavioral.min_pass_rate"]),
        ("behavioral: {test_cases: cases.csv, min_pass_rate: -0.1}", 1, ["behavioral.min_pass_rate"]),
        (GOOD + "statistics: {confidence: 1.0}", 2, ["statistics.confidence"]),
        (GOOD + "statistics: {confidence: 0.5}", 2, ["statistics.confidence"]),
        (GOOD + "statistics: {confidence: 95}", 2, ["statistics.confidence"]),
        (GOOD + "statistics: {min_samples: 0}", 2, ["statistics.min_samples"]),
        (GOOD + "statistics: {min_samples: 10.5}", 2, ["statistics.min_samples"]),
        (GOOD + "statistics: {min_samples: true}", 2, ["statistics.min_samples"]),
        (GOOD + "statistics: {on_insufficient: ignore}", 2, ["statistics.on_insufficient", "'hold'"]),
        (GOOD + "statistics: {confidence: 0.9999}", 2, ["statistics.confidence", "at most 0.999"]),
        (GOOD + "statistics: {confidence: 0.9999999999999999}", 2, ["statistics.confidence", "at most 0.999"]),
        # numbers apart that cannot be so far apart
        (GOOD + "regression:\n  max_degradation: 1.5", 3, ["accuracy", "between 0 and 1", "1.5"]),
        (
            "performance:\n  accuracy: {min: 0.5,\n    max_degradation: 2}\nregression: {max_degradation: 1}",
            3,
            ["by 2"],
        ),
        ("regression:\n  metrics:\n    brier_score: {max_degradation: 3}", 3, ["brier_score", "between 0 and 2"]),
        (
            "fairness:\n  max_disparity: 1.2\n  protected_attributes: [sex]\n  metric: equalised_odds",
            2,
            ["five points"],
        ),
        # nothing to judge
        ("regression:\n  max_degradation: 0.01", 1, ["regression.metrics", "nothing to compare"]),
        ("", 1, ["contains no gate"]),
        ("# only a comment\n", 1, ["contains no gate"]),
        ("{}", 1, ["contains no gate"]),
        ("- performance", 1, ["contains no gate"]),
        ("performance", 1, ["contains no gate"]),
        ("statistics: {confidence: 0.95}", 1, ["contains no gate"]),
        ("performance: {}", 1, ["performance"]),
        ("latency: {}", 1, ["needs at least one percentile"]),
        ("policy: {require: []}", 1, ["policy.require"]),
        ("fairness: {max_disparity: 0.1, protected_attributes: []}", 1, ["fairness.protected_attributes"]),
        (GOOD + "regression: {max_degradation: 0, metrics: []}", 2, ["regression.metrics"]),
        ("behavioral: {test_cases: '', min_pass_rate: 1}", 1, ["behavioral.test_cases"]),
        # a block that lost its content must not lose its gate
        (GOOD + "fairness:\n#  max_disparity: 0.05\n", 2, ["fairness is empty"]),
        ("size: {max_mb: 1}\nperformance:\n", 2, ["performance is empty"]),
        ("latency:\n  p50_ms: 5\n  p99_ms:\n", 3, ["latency.p99_ms is empty"]),
        ("policy:\n  require:\n    - model_card\n    -\n", 4, ["policy.require.1 is empty"]),
        # min and max
        ("performance: {accuracy: {min: 0.5, max: 0.9}}", 1, ["either min or max"]),
        ("performance:\n  accuracy: {}", 2, ["either min or max"]),
        # names that no evidence has
        (GOOD + "policy:\n  require: [model_card, aprover]", 3, ["policy.require.1", "'approver'"]),
        ("performance:\n  accuracy: {min: 0.5}\n  acuracy: {min: 0.5}", 3, ["'acuracy'", "did you mean 'accuracy'?"]),
        ("size: {max_mb: 5}\nregression: {max_degradation: 1,\n  metrics: [f1]}", 3, ["'f1'", "'f1_score'"]),
        ("fairness:\n  max_disparity: 1\n  protected_attributes: [sx]", 3, ["'sx'", "did you mean 'sex'?"]),
        ("fairness: {max_disparity: 1, protected_attributes: [sex], metric: acc}", 1, ["'acc'", "accuracy"]),
        ("performance: {mae: {max: 10}}", 1, ["'mae'"]),  # a metric of the other task
        # a path that no file has
        ('behavioral:\n  test_cases: "a\\0b"\n  min_pass_rate: 1', 2, ["behavioral.test_cases", "is not a path"]),
        ('behavioral:\n  test_cases: "a\\ud800b"\n  min_pass_rate: 1', 2, ["behavioral.test_cases", "is not a path"]),
        # values that do not match their tag or form
        (
            "performance:\n  accuracy:\n    min: !!timestamp abc",
            3,
            ["performance.accuracy.min: not valid YAML: 'abc'", "timestamp"],
        ),
        (
            "performance:\n  accuracy:\n    min: !!bool abc",
            3,
            ["performance.accuracy.min: not valid YAML: 'abc'", "bool"],
        ),
        ('performance:\n  accuracy:\n    min: !!int ""', 3, ["performance.accuracy.min: not valid YAML: ''", "int"]),
        (
            'performance:\n  accuracy:\n    min: !!float ""',
            3,
            ["performance.accuracy.min: not valid YAML: ''", "float"],
        ),
        ("size: {max_mb: 1}\n!!timestamp a: 1", 2, ["a: not valid YAML: 'a' cannot be read as timestamp"]),
        ("policy:\n  require:\n    - !!bool maybe", 3, ["policy.require.0: not valid YAML: 'maybe'"]),
        ("size:\n  max_mb: 2026-13-45", 2, ["size.max_mb: not valid YAML: '2026-13-45'"]),
        (f"size:\n  max_mb: 1{':0' * 200}.0", 2, ["size.max_mb: not valid YAML: '1:0:0"]),  # too large for a float
        # the wrong side
        ("performance: {log_loss: {min: 0.1}}", 1, ["log_loss", "needs max"]),
        ("performance:\n  accuracy: {max: 0.9}", 2, ["accuracy", "needs min"]),
    ],
)
def test_a_wrong_gate_file_is_refused_at_its_line(bench, content: str, line: int, phrases: list[str]) -> None:
    result = bench.judge(content)
    assert result.code == 2, result.text
    assert f"model_gates.yaml:{line}:" in result.err
    for phrase in phrases:
        assert phrase in result.err
    assert len(result.err.strip().splitlines()) == 1
    assert "Traceback" not in result.err
    assert not bench.verdict_path.exists()


@pytest.mark.parametrize("verb", [("gate", "lint"), ("plan-sample",)], ids=lambda verb: verb[0])
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (GOOD + "size:\n  max_mb: !!timestamp abc", 2),  # no plain YAML: lint cannot look any further
        ("behavioral:\n  min_pass_rate: 1\n  test_cases: 'a\\0b'".replace("'", '"'), 1),
        (GOOD + "statistics:\n  confidence: 0.9999", 1),
        ("size: {max_mb: 1}\n\nregression: {max_degradation: 0.01}", 1),
        (GOOD + "regression:\n  max_degradation: 1.5", 1),
        ("fairness: {protected_attributes: [sex], metric: accuracy,\n\n  max_disparity: 1.2}", 1),
    ],
)
def test_unusable_gate_file_is_refused_without_evidence(bench, verb, content: str, code: int) -> None:
    (bench.folder / "model_gates.yaml").write_text(content)
    result = bench.call(bench.folder, *verb)
    assert (result.code, "model_gates.yaml:3: " in result.text) == (code if verb[0] == "gate" else 2, True), result.text
    assert "Traceback" not in result.text


@pytest.mark.parametrize(
    "content",
    [
        "performance: {accuracy: {min: !!float 0.5}}",
        "behavioral: {test_cases: größen-😀.csv, min_pass_rate: 1}",
        GOOD + "statistics: {confidence: 0.999}",
        GOOD + "regression: {max_degradation: 1}",
        "regression: {metrics: {brier_score: {max_degradation: 2}, mae: {max_degradation: 40}}}",
        "performance: {profit: {min: 1}}\nregression: {max_degradation: 1.5}",
        "fairness: {max_disparity: 1, protected_attributes: [sex], metric: recall}",
        "fairness: {max_disparity: 1.2, protected_attributes: [sex], metric: mae}",
        "fairness: {max_disparity: 1.2, protected_attributes: [sex]}",  # of a regression, that is the error
    ],
)
def test_lint_accepts_every_usable_gate_file(bench, content: str) -> None:
    (bench.folder / "model_gates.yaml").write_text(content, encoding="utf-8")
    (bench.folder / "größen-😀.csv").write_text(bench.cases)
    result = bench.call(bench.folder, "gate", "lint")
    assert (result.code, result.out) == (0, "model_gates.yaml: no errors\n"), result.text


@pytest.mark.parametrize(
    "content",
    [
        b"performance: {accuracy: {min: 0.9}",
        b"performance:\n\t accuracy: 1",
        b"a: b: c",
        b"performance: {accuracy: {min: 0.5}}\n---\nsize: {max_mb: 1}",
        b"performance: {accuracy: {min: !!python/object:os.system 1}}",
        b"? [performance]\n: 1",
        b"? {a: b}\n: 1",
        b"\xff\xfe\x00performance",
        b"size: {max_mb: \x01}",
        b"size: {max_mb: 2026-13-45}",
        b"size: &size {max_mb: 1}\nlatency: *size",
        b"size: &size {max_mb: 1, self: *size}",
        b"size: {<<: {max_mb: 1}, max_mb: 2}\n<<: 3",
        b"[" * 5000,
        b"performance: {accuracy: {min: " + b"9" * 400 + b"}}",
        b"performance: {accuracy: {min: 1e400}}",
    ],
)
def test_file_that_is_not_plain_yaml_is_refused_in_one_line(bench, content: bytes) -> None:
    result = bench.judge(content)
    assert result.code == 2, result.text
    assert "model_gates.yaml" in result.err
    assert len(result.err.strip().splitlines()) == 1, result.err


def test_alias_bomb_is_refused_immediately(bench) -> None:
    lines = ["a0: &a0 [lol]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    started = time.monotonic()
    result = bench.judge("\n".join(lines))
    assert time.monotonic() - started < 5
    assert (result.code, "write the value out" in result.err) == (2, True)


def test_a_missing_gate_file_and_a_folder_in_its_place_are_refused(bench) -> None:
    bench.evidence.write(bench.evidence_path)
    for arguments, phrase in [(["nowhere.yaml"], "does not exist"), (["evidence"], "cannot be read")]:
        result = bench.call(bench.folder, "gate", "--evidence", "evidence", "--gates", *arguments, "--out", "v.json")
        assert (result.code, phrase in result.err) == (2, True), result.text


@pytest.mark.parametrize(
    ("cases", "phrase"),
    [
        ("", "not a readable CSV"),
        ("case_id,description,expected,x\n", "no cases"),
        ("case_id,expected,x\na,1,1\n", "no column ['description']"),
        ("case_id,description,expected,x\na,d,1,1\na,d,0,2\n", "case 'a' appears twice"),
        ("case_id,description,expected,x\na,d,,1\n", ":2: case_id, description and expected must not be empty"),
        ("case_id,description,expected,x\na,d,5..1,1\n", ":2: expected '5..1' ends before it begins"),
        ("case_id,description,expected,x\na,d,low..high,1\n", "not a range of two numbers"),
        ("case_id,description,expected,x\na,first, and more,1,1\n", "quote a text that contains a comma"),
    ],
)
def test_invalid_case_file_is_refused(bench, cases: str, phrase: str) -> None:
    bench.cases = cases
    result = bench.judge("behavioral: {test_cases: cases.csv, min_pass_rate: 1}")
    assert (result.code, phrase in result.err) == (2, True), result.text
    assert "cases.csv" in result.err


def test_a_missing_case_file_is_refused(bench) -> None:
    result = bench.judge("behavioral: {test_cases: gone.csv, min_pass_rate: 0}")
    assert (result.code, "gone.csv does not exist" in result.err) == (2, True)


def test_case_file_is_relative_to_the_gate_file(bench, tmp_path) -> None:
    bench.judge(GOOD)
    elsewhere = bench.folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "gates.yaml").write_text("behavioral: {test_cases: own.csv, min_pass_rate: 1}")
    (elsewhere / "own.csv").write_text(bench.cases)
    arguments = ("--evidence", "evidence", "--gates", "elsewhere/gates.yaml", "--out", "v.json", "--commit", "c" * 40)
    assert bench.call(bench.folder, "gate", *arguments).code == 0


def test_every_bound_exists_at_the_highest_confidence(bench) -> None:
    """Those by resampling too: 1,000 draws know a miss of one in a thousand, and no rarer one."""
    bench.evidence = EvidenceBuilder(rows=400, correct=380).with_champion(370)
    gates = (
        "performance: {balanced_accuracy: {min: 0.5}, f1_score: {min: 0.5}}\nregression: {max_degradation: 0.9}\n"
        "fairness: {max_disparity: 0.9, protected_attributes: [sex], metric: equalized_odds}\n"
    )
    result = bench.judge(gates + "statistics: {confidence: 0.999}")
    assert result.code == 0, result.text
    assert all(gate["confidence"] == 0.999 for gate in bench.verdict["gates"])

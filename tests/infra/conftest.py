"""Fixtures of the infrastructure tests: one emulator of AWS for each process, which each test starts empty."""

import shutil
from collections.abc import Iterator

import pytest

from support.infra import Emulator


@pytest.fixture(scope="session")
def terraform_bin(request: pytest.FixtureRequest) -> str:
    """Return the path of Terraform; without it the test fails, or is skipped with ``--allow-missing``."""
    if found := shutil.which("terraform"):
        return found
    message = "terraform is missing: 1.11 or later, see developer.hashicorp.com/terraform/install"
    if request.config.getoption("--allow-missing"):
        pytest.skip(message)
    pytest.fail(message)


@pytest.fixture(scope="session")
def running_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    emulator = Emulator.start(tmp_path_factory.mktemp("emulator") / "log.txt")
    yield emulator
    emulator.stop()


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    """Return the emulator without any resources."""
    running_emulator.reset()
    return running_emulator

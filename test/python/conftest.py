"""Fixtures that several test files share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from fake_hub import FakeHub
from fake_huggingface import FakeHuggingFace
from fake_modelscope import FakeModelScope
from hub_fixtures import FILES, REPOSITORY


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Tiny matrices are faster on one thread, and far faster on a machine that is busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=[FakeModelScope, FakeHuggingFace], ids=["modelscope", "huggingface"])
def hub(request: pytest.FixtureRequest) -> Iterator[FakeHub]:
    """Each of the fake hubs, with one repository as a model's looks."""
    with request.param() as fake:
        fake.add(REPOSITORY, FILES)
        yield fake


@pytest.fixture
def huggingface() -> Iterator[FakeHuggingFace]:
    with FakeHuggingFace() as fake:
        fake.add(REPOSITORY, FILES)
        yield fake


@pytest.fixture
def modelscope() -> Iterator[FakeModelScope]:
    with FakeModelScope() as fake:
        fake.add(REPOSITORY, FILES)
        yield fake

"""A model server that answers at once, and real OpenAI clients for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openai
import pytest

from otel_agents.demo.model_server import API_KEY, ModelServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    with ModelServer(pace=0) as server:
        yield server


@pytest.fixture
def client(model_server: ModelServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=model_server.base_url, api_key=API_KEY, max_retries=0) as client:
        yield client

"""Web frameworks that stream what a model says: the span ends with the stream, below the request."""

import socket
import subprocess
import sys
from http.client import HTTPConnection

import pytest

from tests.recorded_server import serve
from tests.recordings import exchanges
from tests.sdk.environments.conftest import PROGRAMS, Told, told

INCOMPLETE = "otel_agents.stream.incomplete"
USAGE = "gen_ai.usage.input_tokens"


class Served:
    """The program ``streamed.py``, serving."""

    def __init__(self, receiver, listening: socket.socket, process: subprocess.Popen[str]) -> None:
        self._receiver = receiver
        self._address = listening.getsockname()
        self.process = process

    def get(self, path: str, most: int | None = None) -> bytes:
        """The answer's body, or its first bytes, after which the client goes away."""
        connection = HTTPConnection(*self._address, timeout=60)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(most)
        answer.close()
        connection.close()
        return body

    def spans(self) -> dict[str, Told]:
        """What of the request's trace has arrived by now, by name; FastAPI's own spans of every request left out."""
        assert self.get("/flush") == b"true"
        spans = [span for span in told(self._receiver) if "otel_agents.span.type" in span.attributes]
        assert len({span.trace for span in spans}) == 1
        found = {span.name: span for span in spans}
        assert len(found) == len(spans)
        return found


@pytest.fixture
def served(receiver, environment):
    with socket.socket() as listening, serve(exchanges("openai_chat_stream")[:1]) as openai:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        process = subprocess.Popen(
            [sys.executable, PROGRAMS / "streamed.py", str(listening.fileno()), openai.url],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=[listening.fileno()],
        )
        with process:
            try:
                yield Served(receiver, listening, process)
            finally:
                process.terminate()
                _, said = process.communicate(timeout=60)
    assert said == ""


@pytest.mark.parametrize("path", ["/generator", "/starlette"])
def test_an_async_generator_that_calls_a_model(served, path) -> None:
    assert served.get(path) == b"Hello"
    spans = served.spans()
    assert {name: span.parent for name, span in spans.items() if name != "request"} == {
        "chat gpt-4o": "request",
        "connect": "chat gpt-4o",
    }
    attributes = spans["chat gpt-4o"].attributes
    assert (attributes[USAGE], INCOMPLETE in attributes) == (7, False)
    assert attributes["gen_ai.agent.name"] == "Chat"


def test_a_generator_that_is_stepped_by_a_pool_of_threads(served) -> None:
    assert served.get("/sync") == b"Hello"
    spans = served.spans()
    assert {name: span.parent for name, span in spans.items() if name != "request"} == {
        "invoke_agent Writer": "request",
        "think": "invoke_agent Writer",
    }
    assert INCOMPLETE not in spans["invoke_agent Writer"].attributes


def test_a_stream_of_openais(served) -> None:
    assert served.get("/openai")
    spans = served.spans()
    (call,) = [span for name, span in spans.items() if name.startswith("chat ")]
    assert (len(spans), call.parent, INCOMPLETE in call.attributes) == (2, "request", False)
    assert call.attributes["gen_ai.response.finish_reasons"].values


def test_a_client_that_goes_away_half_way(served) -> None:
    assert served.get("/generator?endless=true", 5) == b"Hello"
    while "chat gpt-4o" not in (spans := served.spans()):  # until the server has noticed
        pass
    call = spans["chat gpt-4o"]
    assert (call.parent, call.attributes[USAGE], call.attributes[INCOMPLETE]) == ("request", 7, True)

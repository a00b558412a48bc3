"""Records the spans that the real packages of other dialects make: python -m tests.collector.dialects.record NAME…

Each program in ``programs/`` is run in a virtual environment of its own, made from the packages its first line names,
on a scripted model in OpenAI's protocol. What it sends over OTLP is written to ``NAME.json``, in OTLP's JSON.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
import venv
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
VENVS = HERE.parents[2] / ".venv-peers"
USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 120,
    "prompt_tokens_details": {"cached_tokens": 60},
    "completion_tokens_details": {"reasoning_tokens": 5},
}
CALL = {"id": "call-1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Lisbon"}'}}


class Handler(BaseHTTPRequestHandler):
    """A model that asks for its tool once, and a receiver of spans beside it."""

    spans: ClassVar[list[ExportTraceServiceRequest]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.path.endswith("/chat/completions"):
            self._answer(json.dumps(completion(json.loads(body))).encode(), "application/json")
        elif self.path.endswith("traces"):
            self.spans.append(ExportTraceServiceRequest.FromString(body))
            self._answer(b"", "application/x-protobuf")
        else:
            self._answer(b"{}", "application/json")

    def do_GET(self) -> None:
        self._answer(b"{}", "application/json")

    def _answer(self, body: bytes, media_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def completion(request: dict[str, Any]) -> dict[str, Any]:
    asks = request.get("tools") and request["messages"][-1]["role"] != "tool"
    said = {"content": None, "tool_calls": [CALL]} if asks else {"content": "It is sunny."}
    choice = {"index": 0, "message": {"role": "assistant", **said}, "finish_reason": "tool_calls" if asks else "stop"}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1_790_000_000, "model": "gpt-4o-2024-08-06"}
    return {**head, "choices": [choice], "usage": USAGE}


def record(name: str) -> None:
    program = PROGRAMS / f"{name}.py"
    Handler.spans.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, tempfile.TemporaryDirectory() as folder:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        own = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none", "HOME": folder}
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "OPENAI_"))}
        subprocess.run([python(name), "-P", program, url], env=kept | own, cwd=folder, check=True, timeout=120)
        server.shutdown()
    sent = ExportTraceServiceRequest()
    for request in Handler.spans:
        sent.MergeFrom(request)
    text = (
        json.dumps(as_otlp(sent), indent=1, ensure_ascii=False).replace(str(HERE), "/dialects").replace(folder, "/home")
    )
    (HERE / f"{name}.json").write_text(text.replace(url, "http://model") + "\n")


def python(name: str) -> Path:
    """The interpreter of the program's own environment, which is made when it is missing."""
    folder = VENVS / f"dialect-{name}"
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True)
        packages = (PROGRAMS / f"{name}.py").read_text().splitlines()[0].removeprefix("# ").split()
        subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", *packages], check=True)
    return folder / "bin" / "python"


def as_otlp(sent: ExportTraceServiceRequest) -> dict[str, Any]:
    """Protobuf's JSON with the ids in hex, and of resources only what does not tell of the machine."""
    made: dict[str, Any] = json_format.MessageToDict(sent)
    for resource_spans, resource in zip(made["resourceSpans"], sent.resource_spans, strict=True):
        kept = [
            a for a in resource_spans["resource"]["attributes"] if a["key"].startswith(("service.name", "telemetry."))
        ]
        resource_spans["resource"] = {"attributes": kept}
        for scope_spans, scope in zip(resource_spans["scopeSpans"], resource.scope_spans, strict=True):
            for span, origin in zip(scope_spans["spans"], scope.spans, strict=True):
                span |= {"traceId": origin.trace_id.hex(), "spanId": origin.span_id.hex()}
                if origin.parent_span_id:
                    span["parentSpanId"] = origin.parent_span_id.hex()
    return made


if __name__ == "__main__":
    for each in sys.argv[1:] or sorted(path.stem for path in PROGRAMS.glob("*.py")):
        record(each)

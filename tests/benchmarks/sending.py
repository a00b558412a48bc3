"""Sends requests over a few connections at once, by either transport, and times each answer."""

import contextlib
import http.client
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc

from tests.benchmarks.running import Collector

_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@dataclass
class Answers:
    """How often each status came, and after how many seconds."""

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


def send(collector: Collector, requests: Iterable[bytes], transport: str = "http", connections: int = 4) -> Answers:
    """Send each request once, and wait for every answer.

    Args:
        collector: where they go.
        requests: encoded.
        transport: http or grpc.
        connections: how many, each with one request under way.
    """
    connect = {"http": _http, "grpc": _grpc}[transport]
    waiting: queue.Queue[bytes | None] = queue.Queue(2 * connections)
    answers = Answers()

    def post_all() -> None:
        with connect(collector) as post:
            while (body := waiting.get()) is not None:
                began = time.perf_counter()
                status = post(body)
                answers.seconds.append(time.perf_counter() - began)
                answers.statuses[status] += 1

    threads = [threading.Thread(target=post_all) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for body in requests:
        waiting.put(body)
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    return answers


@contextmanager
def _http(collector: Collector) -> Iterator[Callable[[bytes], str]]:
    connection = http.client.HTTPConnection("127.0.0.1", collector.port, timeout=60)

    def post(body: bytes) -> str:
        try:
            # One that is refused is answered before all of it was read, and the connection closed.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()  # the next request opens it again
            return type(error).__name__
        return str(answer.status) if answer.status != 200 or not said else f"200 {said[:200]!r}"

    with contextlib.closing(connection):
        yield post


@contextmanager
def _grpc(collector: Collector) -> Iterator[Callable[[bytes], str]]:
    # Without a pool of their own all channels share one connection.
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(f"127.0.0.1:{collector.grpc_port}", options) as channel:
        export = channel.unary_unary(_EXPORT)

        def post(body: bytes) -> str:
            try:
                said = export(body, timeout=60)
            except grpc.RpcError as error:
                return str(error.code().name)
            return "200" if not said else f"200 {said[:200]!r}"

        yield post

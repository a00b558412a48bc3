"""An OTLP/HTTP endpoint to measure against; prints its address.

python -m tests.benchmarks.sink [MODE]

answers     takes everything and keeps nothing (the default)
keeps       keeps it too, and counts the spans when asked: GET /spans
silent      accepts connections and never answers
black-hole  is there, but no connection comes about
"""

import asyncio
import gzip
import json
import socket
import sys

# What the peers' own services answer at the start of a program, as far as a client looks at it.
SERVICE = json.dumps(
    {
        # agentops
        "token": "t",
        "project_id": "p",
        # weave
        "data": {"project": {"name": "bench"}, "viewer": {"username": "u", "defaultEntity": {"name": "bench"}}},
        "min_required_weave_python_version": "0.0.1",
        "trace_server_version": "9.0.0",
        "digest": "d",
        "res": [],
    }
).encode()

kept: list[bytes] = []


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, keeps: bool) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            first, *lines = head.split(b"\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in lines if line)
            body = await reader.readexactly(int(fields.get(b"content-length", 0)))
            if first.startswith(b"GET /spans"):
                content, kind = json.dumps(spans()).encode(), b"application/json"
            elif b"protobuf" in fields.get(b"content-type", b""):
                content, kind = b"", b"application/x-protobuf"
                if keeps and b"traces" in first:
                    kept.append(gzip.decompress(body) if b"content-encoding" in fields else body)
            else:
                content, kind = SERVICE, b"application/json"
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n" % (kind, len(content)))
            writer.write(content)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def spans() -> int:
    """How many different spans have come; they are decoded only now, when nothing is measured any more."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    ids = set()
    for body in kept:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                ids.update(span.span_id for span in scope.spans)
    return len(ids)


async def say_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    while await reader.read(1 << 16):
        pass


async def main(mode: str) -> None:
    if mode == "black-hole":
        listening = socket.create_server(("127.0.0.1", 0), backlog=0)
        waiting = [socket.socket() for _ in range(4)]  # enough that the kernel lets nobody else in
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        address = listening.getsockname()
    else:
        handler = say_nothing if mode == "silent" else lambda r, w: serve(r, w, keeps=mode == "keeps")
        server = await asyncio.start_server(handler, "127.0.0.1", 0, limit=1 << 20)
        address = server.sockets[0].getsockname()
    print(f"http://127.0.0.1:{address[1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "answers"))

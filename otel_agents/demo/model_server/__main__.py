"""``python -m otel_agents.demo.model_server``: the scripted model server alone, for a program without a key."""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading

from otel_agents.demo.model_server import API_KEY, ModelServer


def main() -> int:
    """Serve until Ctrl-C, having said which variables make an OpenAI client use it."""
    parser = argparse.ArgumentParser(prog="python -m otel_agents.demo.model_server", description=main.__doc__)
    parser.add_argument("--port", type=int, default=8321, help="where to listen on 127.0.0.1 (default: 8321; 0: any)")
    port = parser.parse_args().port
    try:
        server = ModelServer(port=port)
    except OSError as error:
        print(f"cannot listen on port {port}: {error.strerror}; choose another with --port", file=sys.stderr)
        return 1
    with server, contextlib.suppress(KeyboardInterrupt):
        print(f"export OPENAI_BASE_URL={server.base_url} OPENAI_API_KEY={API_KEY}", flush=True)
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())

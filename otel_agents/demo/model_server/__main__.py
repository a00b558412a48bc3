"""``python -m otel_agents.demo.model_server``: the scripted model server alone, for a program without a key."""

from __future__ import annotations

import argparse
import threading

from otel_agents.demo.model_server import API_KEY, ModelServer


def main() -> None:
    """Serve until Ctrl-C, having said which variables make an OpenAI client use it."""
    parser = argparse.ArgumentParser(prog="python -m otel_agents.demo.model_server", description=main.__doc__)
    parser.add_argument("--port", type=int, default=8321, help="where to listen on 127.0.0.1 (default %(default)s)")
    with ModelServer(port=parser.parse_args().port) as server:
        print(f"export OPENAI_BASE_URL={server.base_url} OPENAI_API_KEY={API_KEY}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()

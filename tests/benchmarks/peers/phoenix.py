"""Phoenix, a collector with a UI as ours: how it is started, what is asked of it."""

PACKAGE = "arize-phoenix"
COMMAND = ("-m", "phoenix.server.main", "serve")
READY = "/healthz"

COUNT = ("POST", "/graphql", {"query": "query { projects { edges { node { recordCount } } } }"})
NEWEST = "/v1/projects/default/traces?limit={limit}&order=desc"
ONE = "/v1/projects/default/spans?limit=100&trace_id={id}"


def environment(folder: str, port: int, grpc_port: int) -> dict[str, str]:
    return {
        "PHOENIX_WORKING_DIR": folder,
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(grpc_port),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }


def count(answer: dict) -> int:
    return sum(edge["node"]["recordCount"] for edge in answer["data"]["projects"]["edges"])

"""A WSGI application that gunicorn loads before it forks."""

import os

from otel_agents import agent, configure, monitor_operation, tool

configure()

with monitor_operation("loaded"):
    pass


@tool
def look() -> None: ...


@agent("Worker")
def answer() -> bytes:
    look()
    return str(os.getpid()).encode()


def app(environ, start_response):
    with monitor_operation(f"GET {environ['PATH_INFO']}"):
        body = answer()
    start_response("200 OK", [("content-length", str(len(body)))])
    return [body]

"""Begins spans and leaves them open: on the word of whoever reads what it prints, it ends in one way or another.

Usage: ``python open_spans.py WAY``, with OpenTelemetry's variables saying where spans go.
"""

import os
import sys
from time import sleep

from opentelemetry import trace

import otel_agents

otel_agents.configure(service_name="night shift")
way = sys.argv[1]

if way == "forgets":
    tracer = trace.get_tracer("tests")
    held = tracer.start_span("held to the end")
    dropped = tracer.start_span("dropped")
    print("open", flush=True)
    input()
    del dropped
    input()
    sys.exit()  # an end as any other, with a span that is still open

with otel_agents.monitor_operation("run", agent_name="Researcher") as run:
    run.set_attribute("password", "hunter2")
    with otel_agents.monitor_operation("before", agent_name="Searcher"):
        pass
    with otel_agents.monitor_operation("inside", agent_name="Writer") as inside:
        print("open", flush=True)
        input()
        inside.set_attribute("step", 2)
        input()
        if way == "forks":
            child = os.fork()
            if child == 0:
                sleep(2)  # long enough to report what it thinks is open in it
                os._exit(0)
            os.waitpid(child, 0)
            print("alone", flush=True)
            input()

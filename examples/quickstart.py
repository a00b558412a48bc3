"""Wrap an agent of your own: it needs no model and no key.

Start `otel-agents up` in another terminal, run this, and open http://127.0.0.1:4318 to see the run.
"""

from otel_agents import agent, configure, flush, health, monitor_operation, tool

configure(service_name="quickstart")


@tool  # arguments and result are recorded, and the exception if it fails
def find_recipe(ingredient: str) -> str:
    return {"tomato": "gazpacho", "egg": "omelette"}[ingredient]


@agent("Cook")  # every tool and model call inside becomes a span below this one
def cook(ingredient: str) -> str:
    try:
        return f"With {ingredient} you can make {find_recipe(ingredient)}."
    except KeyError:
        return f"I know nothing to make with {ingredient}."


for ingredient in ("tomato", "egg", "chalk"):
    # Who asks, and in which session, reaches every span below.
    with monitor_operation("user_request", user_id="ana", session_id="lunch") as request:
        print(cook(ingredient))

print(health())  # the program knows how its agents are, with or without a collector
print(f"Sent, the last one as trace {request.trace_id}." if flush() else "Nothing was sent: no collector runs.")

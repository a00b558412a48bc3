"""Health and alerts inside the program: nothing here needs a collector."""

import contextlib
import random

from otel_agents import agent, alert_manager, configure, health, metrics_collector, monitor_operation, tool

configure(service_name="shop", traces_exporter="none")  # nothing is sent; the figures are kept all the same
random.seed(1)


@tool
def look_up(order: int) -> str:
    if random.random() < 0.3:
        raise TimeoutError(f"the shop did not answer for order {order}")
    return "shipped"


@agent("Support")
def support(order: int) -> str:
    with monitor_operation("chat gpt-4o-mini", model="gpt-4o-mini", provider="openai") as call:
        call.usage(input_tokens=900, output_tokens=60)  # a provider's answer would go to call.response(answer)
    return look_up(order)


for order in range(40):
    with contextlib.suppress(TimeoutError):
        support(order)

# Agents that are not traced can report what they did.
metrics_collector.record_agent_request(agent_name="Billing", success=True, response_time=1.5, tokens=250, cost=0.05)

state = health()
print(f"{state.status}: {state.requests} requests, {state.success_rate:.0f} % of them answered, ${state.cost_usd:.4f}")
for reason in state.reasons:
    print(f"  {reason}")

for name, agent_metrics in metrics_collector.metrics.items():
    print(f"{name}: {agent_metrics.total_requests} requests, {agent_metrics.failure_count} failed")

alert_manager.thresholds = {**alert_manager.thresholds, "error_rate": 5.0}  # stricter than the default of 10 %
for alert in alert_manager.check_alerts():
    print(f"[{alert['severity']}] {alert['message']}")

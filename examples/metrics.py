"""Metrics: the agents', the machine's, and your own. Start a collector first: otel-agents up"""

from otel_agents import agent, configure, flush, metrics, tool

orders = metrics.counter("orders", unit="{order}", description="Orders taken")
open_orders = metrics.gauge("orders.open", description="Orders that are not shipped yet")
parcel = metrics.histogram("parcel.weight", unit="kg", buckets=[0.5, 1, 2, 5, 10])

configure(service_name="shop", metrics=True)

waiting: list[str] = []


@metrics.collector(every=30)  # called at once, then every 30 s, on a thread of its own
def count_open_orders() -> None:
    open_orders.set(len(waiting))


@tool
def pack(article: str, weight: float) -> None:
    parcel.record(weight, article=article)


@agent("Shopkeeper")
def take_order(article: str, weight: float, region: str) -> None:
    orders.add(1, region=region)
    waiting.append(article)
    pack(article, weight)


take_order("lamp", 1.8, region="eu")
take_order("book", 0.4, region="eu")
take_order("book", 0.4, region="us")

if flush():
    print("Sent. Look at it with:")
    print('  otel-agents sql "SELECT name, value, count, sum, unit, attributes FROM metrics ORDER BY time DESC, name"')
else:
    print("Nothing was sent: no collector runs.")

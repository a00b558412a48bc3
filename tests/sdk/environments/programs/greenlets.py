"""gevent, patched before everything else: greenlets and a pool of them."""

# ruff: noqa: E402  the patch comes first

from gevent import monkey

monkey.patch_all()

import logging
import sys
import threading
import time
from contextvars import copy_context

import gevent
from gevent.pool import Pool

from otel_agents import carry, configure, flush, monitor_operation, telemetry_health, tool

if "quiet" in sys.argv:
    logging.disable()
configure()


@tool
def look(n: int) -> int:
    time.sleep(0.001)  # gevent's: the others run meanwhile
    with monitor_operation(f"inside {n}"):
        time.sleep(0.001)
    return n


def request(name: str) -> None:
    with monitor_operation(name):
        greenlets = [gevent.spawn(copy_context().run, look, n) for n in range(2)]
        gevent.joinall([*greenlets, gevent.spawn(carry(look), 2)], raise_error=True)


if "burst" in sys.argv:
    pool = Pool(50)
    for n in range(2000):
        pool.spawn(look, n)
    pool.join()
else:
    gevent.joinall([gevent.spawn(request, name) for name in ("first", "second")], raise_error=True)
    worker = threading.Thread(target=look, args=(9,))
    worker.start()
    worker.join()
if "flush" in sys.argv:
    print(flush(), telemetry_health().delivered)
print(time.time())

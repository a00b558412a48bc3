"""What a traced program pays and risks, beside raw opentelemetry-sdk and other SDKs, on the same work in one run."""

import sys

from tests.benchmarks import cost, footprint, loss, processes
from tests.benchmarks.processes import PEERS, DidNotRunError

LOSS_PEERS = ("openlit", "traceloop", "logfire")  # the other peers' way out is like theirs or raw's, or takes minutes


def run(*, quick: bool) -> str:
    """`quick` leaves the peers out: they take minutes to install and as long to run."""
    peers = () if quick else PEERS
    failures = install(peers)
    names = ["raw", "ours", *(peer for peer in peers if peer not in failures)]
    say("what a span costs")
    costs = cost.measure(names, quick=quick)
    costs.failures |= failures
    ran = list(costs.recorded)
    tables = [cost.recorded(costs), cost.with_content(costs), cost.not_recorded(costs)]
    say("imports")
    tables.append(footprint.table(ran, costs.peak_mb, quick=quick))
    some = [name for name in ran if name in ("raw", "ours", *LOSS_PEERS)]
    say("a burst")
    tables.append(loss.burst(some, quick=quick))
    say("nobody answers")
    tables.append(loss.away(some, quick=quick))
    refused = [f"{processes.label(name)} ({', '.join(hosts)})" for name, hosts in costs.tried.items() if hosts]
    return "\n".join([*tables, f"Kept from leaving the machine: {'; '.join(refused)}.\n"] if refused else tables)


def install(peers: tuple[str, ...]) -> dict[str, str]:
    """Install the peers that are not; gives those that cannot be, and why."""
    failures = {}
    for peer in peers:
        say(f"packages of {peer}")
        try:
            processes.install(peer)
        except DidNotRunError as error:
            failures[peer] = str(error)
    return failures


def say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)

"""What budgets have spent and what is usual outlives a program and is shared by its processes."""

import os
import signal
import stat
import subprocess
import sys
import time

import pytest

from tests.environment import fresh_environment

SPENDER = """
import sys
from otel_agents import budgets, configure, monitor_operation
from otel_agents.errors import BudgetExceeded

configure(service_name={service!r}, traces_exporter="none")
told = []
budgets.set("daily", usd=2, per="day", then="raise")
budgets.set("each user", usd=1, per=("user", "day"))
budgets.set("once", usd=2, per="month", then=told.append)
budgets.set("run", usd=1, per="run")
made = 0
for _ in range({calls}):
    try:
        with monitor_operation("ask", model="gpt-5", user_id="u-17") as op:
            op.usage(input_tokens=100, output_tokens=20, cost={usd})
        made += 1
    except BudgetExceeded as error:
        reason = str(error)
"""
REPORT = """
print(made, {one.subject: round(one.used, 6) for one in budgets.spent() if one.budget != "run"})
from otel_agents import shutdown
shutdown()
print(len(told))
"""


@pytest.fixture
def start(tmp_path):
    """Begins a program whose state is in the test's folder."""
    started = []

    def begin(program, **environment):
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            env={**fresh_environment(), "OTEL_AGENTS_STATE": str(tmp_path / "state"), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def spender(calls, usd=1.0, service="shop", then=REPORT):
    return SPENDER.format(calls=calls, usd=usd, service=service) + then


def printed(process):
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    return out.splitlines()


def test_the_next_run_goes_on_with_what_was_spent(start, tmp_path):
    assert printed(start(spender(3))) == ["2 {'daily': 2.0, 'each user (u-17)': 2.0, 'once': 2.0}", "1"]
    # Another program has budgets of its own; in the first, nobody is told a second time that all is used.
    assert printed(start(spender(1, service="library")))[0].startswith("1 {'daily': 1.0")
    assert printed(start(spender(1))) == ["0 {'daily': 2.0, 'each user (u-17)': 2.0, 'once': 2.0}", "0"]
    files = list((tmp_path / "state").iterdir())
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert sorted(file.name.partition("-")[0] for file in files) == ["library", "shop"]


def test_processes_that_run_at_once_share_a_budget(start):
    processes = [start(spender(150, usd=0.01)) for _ in range(2)]
    made = [int(printed(process)[0].split()[0]) for process in processes]
    assert 200 <= sum(made) <= 201, made  # each may be in one call when the last of the money goes


def test_what_ended_before_a_kill_is_known_to_the_next_run(start):
    wait = "\nbudgets.spent(); print('spent', flush=True); input()\n"
    process = start(spender(1, usd=1.5, then=wait))
    assert process.stdout.readline() == "spent\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert printed(start(spender(3, usd=0.5))) == ["1 {'daily': 2.0, 'each user (u-17)': 2.0, 'once': 2.0}", "1"]


def test_a_process_that_holds_the_file_keeps_nobody_waiting(start, tmp_path):
    assert printed(start(spender(1, usd=0.5)))[0].startswith("1")
    (file,) = (tmp_path / "state").iterdir()
    hold = f"c = __import__('sqlite3').connect({str(file)!r}); c.execute('BEGIN EXCLUSIVE'); print(1, flush=True)"
    holder = start(f"{hold}; input()")
    assert holder.stdout.readline() == "1\n"
    meanwhile = start(spender(1, usd=0.5, then="\nprint(made, flush=True); input()\n" + REPORT))
    assert meanwhile.stdout.readline() == "1\n"
    holder.communicate("\n")
    assert meanwhile.communicate("\n", timeout=60)[0].startswith("1 {'daily': 1.0")


def test_a_damaged_file_is_put_aside_and_a_folder_that_cannot_be_written_changes_nothing(start, tmp_path):
    assert printed(start(spender(1)))[0].startswith("1")
    (file,) = (tmp_path / "state").iterdir()
    file.write_bytes(b"no database " * 100)
    process = start(spender(1))
    out, err = process.communicate(timeout=60)
    assert out.startswith("1 {'daily': 1.0")
    assert "put aside, and begins anew" in err
    (tmp_path / "a file").write_text("")
    process = start(spender(1), OTEL_AGENTS_STATE=str(tmp_path / "a file" / "state"))
    out, err = process.communicate(timeout=60)
    assert out.startswith("1 {'daily': 1.0")
    assert err.count("What is to outlive the program cannot be kept in") == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_budget_begun_anew_is_a_forked_childs_too(start):
    fork = """
import os
budgets.reset("daily")
assert "daily" not in [one.budget for one in budgets.spent()]
child = os.fork()
if child == 0:
    with monitor_operation("ask", model="gpt-5") as op:
        op.usage(input_tokens=1, cost=0.25)
    print([one.used for one in budgets.spent() if one.budget == "daily"], flush=True)
    os._exit(0)
os.waitpid(child, 0)
budgets.check()
print([one.used for one in budgets.spent() if one.budget == "daily"])
"""
    assert printed(start(spender(1, usd=0.5, then=fork))) == ["[0.25]", "[0.25]"]


LEARNER = """
import time
from otel_agents import configure, metrics_collector, alert_manager, shutdown

now = [{begin} * 60 * 10**9]
metrics_collector._clock = lambda: now[0]
configure(service_name="shop", traces_exporter="none", alert_interval=0)

def minute(cost):
    for _ in range(10):
        metrics_collector.record_agent_request("Chat", response_time=1.0, tokens=10, cost=cost)
    now[0] += 60 * 10**9
    return [alert["name"] for alert in alert_manager.check_alerts()]

"""


def test_what_is_usual_is_known_to_the_next_run_unless_it_is_switched_off(start, tmp_path):
    begin = int(time.time()) // 60
    learn = LEARNER.format(begin=begin - 310) + "for _ in range(300): minute(0.004)\n"
    printed(start(learn))
    spend = (
        LEARNER.format(begin=begin) + "print([minute(0.004) for _ in range(6)], [minute(0.4) for _ in range(4)][-1])"
    )
    assert printed(start(spend)) == ["[[], [], [], [], [], []] ['cost_spike', 'cost_spike']"]
    assert printed(start(spend, OTEL_AGENTS_STATE="false"))[0].endswith(" []")
    assert len(list((tmp_path / "state").glob("*.sqlite3"))) == 1

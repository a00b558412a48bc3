"""Contenders and sinks as processes, and the virtual environment each peer has for itself."""

import contextlib
import functools
import importlib
import json
import os
import queue
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
VENVS = HERE.parent.parent / ".venv-peers"
PEERS = ("openlit", "traceloop", "agentops", "opik", "logfire", "openinference", "langfuse", "mlflow", "weave")
LIMIT_S = 120  # what a contender's work may take; one that hangs must not hold up the others


class DidNotRunError(Exception):
    """A contender could not be installed, or did not come to its end; says why in a line."""


def label(name: str) -> str:
    """The contender's name and version, as the tables show it."""
    if name == "ours":
        return "**otel-agents**"
    if name == "raw":
        return "opentelemetry-sdk"
    return re.search(rf"^({package(name)})==(.+)$", lock(name), re.MULTILINE).expand(r"\1 \2")


def lock(peer: str) -> str:
    return (HERE / "peers" / f"{peer}.txt").read_text()


def package(peer: str) -> str:
    return importlib.import_module(f"tests.benchmarks.peers.{peer}").PACKAGE


def python(name: str) -> str:
    """The interpreter a contender runs in.

    Raises:
        DidNotRunError: the peer is not installed, or its packages are not those asked for; `install` it.
    """
    if name in ("ours", "raw"):
        return sys.executable
    stamp = VENVS / name / "installed.txt"
    if not stamp.exists() or stamp.read_text() != lock(name):
        raise DidNotRunError("not installed")
    return str(VENVS / name / "bin" / "python")


def install(peer: str) -> None:
    """Make the peer's environment, unless it is there.

    Raises:
        DidNotRunError: pip could not.
    """
    with contextlib.suppress(DidNotRunError):
        python(peer)
        return
    folder = VENVS / peer
    venv.create(folder, clear=True, with_pip=True)
    requirements = str(HERE / "peers" / f"{peer}.txt")
    # The file names every package, so pip need not look for versions that go together.
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "-r", requirements]
    ran = subprocess.run(pip, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise DidNotRunError(f"pip: {(ran.stderr.strip() or ran.stdout.strip()).splitlines()[-1]}")
    (folder / "installed.txt").write_text(lock(peer))


@functools.cache
def specs() -> str:
    """The spans `ours` makes of a turn, as JSON, for `raw` to make as well."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.ours"],
        capture_output=True,
        text=True,
        check=True,
        cwd=HERE.parent.parent,
    )
    return made.stdout


class Running:
    """A contender at work, until `stop`, or the end of a `with` block.

    Args:
        name: ours, raw or a peer.
        mode: what is set before it starts; `contender` says which there are.
        url: where it sends to.
        spool: where it keeps what it cannot deliver; without it, in a folder that goes with it.

    Raises:
        DidNotRunError: it is not installed.
    """

    def __init__(self, name: str, mode: str, url: str, *, spool: str | None = None) -> None:
        # One of the peers' packages installs a package named `tests`, so that `tests.benchmarks` is not found there.
        command = [python(name), "-m", "benchmarks.contender", name if name in ("ours", "raw") else f"peers.{name}"]
        self._folder = tempfile.TemporaryDirectory()  # what it keeps on disk is not the user's, nor another run's
        environment = {"OTEL_AGENTS_SPOOL": spool or self._folder.name}
        if name == "raw":
            environment["BENCH_SPECS"] = specs()
        self._process = subprocess.Popen(
            [*command, mode, url],
            cwd=HERE.parent,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._over = threading.Event()
        self._over_at = 0.0
        self._said = "it said nothing"
        self._told_to_end_at: float | None = None
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _listen(self) -> None:
        for line in self._process.stdout:
            if line.startswith("FIGURES "):
                self._answers.put(line)
            elif line.strip():
                self._said = line.strip()
        self._process.wait()
        self._over_at = time.monotonic()
        self._over.set()
        self._answers.put(None)

    def ask(self, order: str, turns: int = 0) -> dict:
        """Give an order and wait for its figures.

        Raises:
            DidNotRunError: it ended, or took too long, without an answer.
        """
        with contextlib.suppress(BrokenPipeError):  # it has ended, and `_said` why
            self._process.stdin.write(f"{order} {turns}\n")
            self._process.stdin.flush()
        try:
            line = self._answers.get(timeout=LIMIT_S)
        except queue.Empty:
            self.stop()
            raise DidNotRunError(f"not done after {LIMIT_S} s") from None
        if line is None:
            raise DidNotRunError(self._said)
        return json.loads(line.removeprefix("FIGURES "))

    def end(self) -> None:
        """Let the program end as programs end."""
        self._told_to_end_at = self.ask("end")["at"]

    def ending(self) -> float:
        """Seconds since it was told to end."""
        return time.monotonic() - self._told_to_end_at

    def ended_after(self, wait_s: float) -> float | None:
        """Seconds from being told to end to the end of its process; None while that is not over after `wait_s`."""
        return self._over_at - self._told_to_end_at if self._over.wait(wait_s) else None

    def stop(self) -> None:
        """End it where it has not ended itself."""
        self._process.kill()
        self._over.wait()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        self._folder.cleanup()


@contextlib.contextmanager
def sink(mode: str = "answers") -> Iterator[str]:
    """A sink in a process of its own; gives its address. `down`: an address where nobody listens."""
    if mode == "down":
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = free.getsockname()
        yield f"http://127.0.0.1:{address[1]}"
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink", mode], cwd=HERE.parent, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()

import json
import sys

import pytest

from otel_agents.notify.channels.channel import Unreachable
from otel_agents.notify.channels.desktop import DesktopChannel
from tests.notify.channels.notices import NOTICE

TITLE = "slow chat: firing (high)"
TEXT = (
    "ChatAgent: p95 time 6.2 s in the last 5 minutes (limit 5 s)\n"
    "resolved: Coder: p95 time 5.5 s in the last 5 minutes (limit 5 s)"
)


@pytest.fixture
def put_program(tmp_path, monkeypatch):
    """Put a program of a name on the PATH, in place of all others, that writes its arguments down."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def put(name, exit_code=0):
        program = tmp_path / name
        program.write_text(
            f"#!{sys.executable}\nimport json, pathlib, sys\n"
            f"pathlib.Path({str(tmp_path / 'said')!r}).write_text(json.dumps(sys.argv[1:]))\nsys.exit({exit_code})\n"
        )
        program.chmod(0o755)
        return lambda: json.loads((tmp_path / "said").read_text())

    return put


def test_linux_is_told_by_notify_send(put_program):
    said = put_program("notify-send")
    DesktopChannel().send(NOTICE)
    assert said() == ["--urgency=critical", "--app-name=otel-agents", "--", TITLE, TEXT]


def test_macos_is_told_by_osascript_with_texts_that_are_no_script(put_program):
    said = put_program("osascript")
    DesktopChannel().send(NOTICE)
    assert said()[0] == "-e"
    assert said()[2:] == [TITLE, TEXT]


def test_one_that_fails_is_tried_again(put_program):
    put_program("notify-send", exit_code=1)
    with pytest.raises(Unreachable, match="exit code 1"):
        DesktopChannel().send(NOTICE)


def test_without_either_it_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match=r"needs notify-send \(Linux\) or osascript \(macOS\)"):
        DesktopChannel()

"""What the pages say of the collector itself: a damaged file, a disk without room."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Page, expect

from otel_agents.collector.receiver.decode_spans import decode_spans
from otel_agents.collector.store.duckdb import DuckDBStore
from tests.collector import otlp
from tests.collector.damage import ways

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import RunningCollector

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def damaged(tmp_path: Path, start_collector: Callable[..., RunningCollector]) -> str:
    """The address of a collector whose file did not open."""
    path = tmp_path / "data" / "spans.duckdb"
    store = DuckDBStore(path)
    store.write([decode_spans(otlp.request(otlp.span(), otlp.span()).SerializeToString()).batch])
    store.close()
    ways.no_name(path)
    return start_collector().url


@pytest.fixture
def full(tmp_path: Path, start_collector: Callable[..., RunningCollector]) -> Iterator[tuple[str, Path]]:
    """The address of a collector whose disk is full, and what fills it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be made by root")
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(60_000_000))
    collector = start_collector(data=disk / "data")
    yield collector.url, ballast
    collector.stop()
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


async def test_a_damaged_file_is_told_of_on_the_overview(page: Page, damaged: str):
    await page.goto(damaged)
    damage = page.get_by_role("list", name="Damage")
    await expect(damage).to_contain_text("Taken over: 2 spans.")
    await expect(damage).to_contain_text("It is kept as spans.damaged-")
    await page.goto(f"{damaged}/#/traces")
    await expect(damage).to_have_count(0)


async def test_a_full_disk_is_told_of_on_every_page_until_there_is_room(page: Page, full: tuple[str, Path]):
    url, ballast = full
    await page.goto(f"{url}/#/traces")
    banner = page.get_by_role("alert")
    await expect(banner).to_contain_text("The collector takes nothing in now: the collector's disk is full.")
    ballast.unlink()
    await expect(banner).to_have_count(0)

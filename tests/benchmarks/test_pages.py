"""The tables of a run land in their places in the documentation."""

from pathlib import Path

from tests import docs
from tests.benchmarks import pages
from tests.benchmarks.table import markdown

PRINTED = f"""Python 3.11, 2 cores

{markdown("5,000 spans as fast as they come", ["", "arrived"], [["us", "100.0 %"], ["them", ""]])}
Kept from leaving the machine: nobody.
{markdown("Questions", ["", "median"], [["one | two", "3 ms"]])}"""

PAGE = """Before.

<!-- bench: spans as fast as -->
old
<!-- / -->

<!-- bench: elsewhere -->
stays
<!-- / -->
"""


def test_each_table_goes_between_its_marks():
    assert pages.written(PAGE, pages.tables(PRINTED)) == PAGE.replace(
        "old\n", "|  | arrived |\n| --- | --- |\n| us | 100.0 % |\n| them |  |\n"
    )


def test_every_mark_of_the_pages_is_in_a_title_of_one_benchmark():
    sources = [file.read_text("utf-8") for file in Path(pages.__file__).parent.glob("*.py")]
    marks = [mark for page in docs.PAGES for mark in pages.marks(page.read_text("utf-8"))]
    assert len(marks) >= 8
    assert [mark for mark in marks if not any(mark in source for source in sources)] == []

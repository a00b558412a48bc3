"""Each attribute is kept in the column of its group, where the views and stored files look for it."""

from __future__ import annotations

import re
from importlib import resources

from otel_agents.collector.store.columns import GROUPS, group


def test_the_views_read_a_key_from_its_group():
    views = (resources.files("otel_agents.collector.store") / "schema" / "views.sql").read_text("utf-8")
    read = re.findall(r"(attributes_\d) ->>? '([^']+)'", views)
    assert len(read) > 10
    assert [(group(key), key) for _, key in read] == read


def test_every_group_has_its_keys_and_stays_as_it_is():
    assert [group(key) for key in ("app.field_6", "agent")] == list(GROUPS)

"""Whatever is given as an expression is read or refused with a reason, and what is written right is read right."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from otel_agents.alerts.measures import MEASURES
from otel_agents.alerts.parser import parse

marks = ["by", "for", "and", "agent", "5m", "1h", "start", ">", "<=", "(", ")", ",", "=", "90%", "$2", '"a b"']
words = st.sampled_from([*MEASURES, *marks])
plain = sorted(name for name, each in MEASURES.items() if each.of_program and each.windowed and not each.options)
names = st.text(st.characters(exclude_characters='"'), min_size=1)


@given(st.one_of(st.text(), st.lists(words).map(" ".join)))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(ValueError):  # and nothing else
        assert parse(text).conditions


@given(
    name=st.sampled_from([name for name in plain if "agent" in MEASURES[name].kinds]),
    agent=names,
    minutes=st.integers(1, 60),
    comparison=st.sampled_from([">", ">=", "<", "<="]),
    limit=st.integers(0, 100),
    hold=st.integers(0, 600),
)
def test_what_is_written_is_read(name, agent, minutes, comparison, limit, hold):
    read = parse(f'{name}({minutes}m, agent="{agent}"){comparison}{limit} for {hold}s')
    (condition,) = read.conditions
    assert (condition.name, condition.window_s, condition.kind, condition.subject) == (
        name,
        minutes * 60,
        "agent",
        agent,
    )
    assert (condition.comparison, condition.limit, read.hold_s, read.by) == (comparison, limit, hold, None)


@given(st.lists(st.sampled_from(plain), min_size=1, max_size=4))
def test_conditions_are_joined(some):
    read = parse(" and ".join(f"{name}(start) > 1" for name in some))
    assert [(each.name, each.window_s) for each in read.conditions] == [(name, None) for name in some]

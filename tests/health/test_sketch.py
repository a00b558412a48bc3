from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agents.health.sketch import ACCURACY, LONGEST, bucket, merge, quantile

seconds = st.floats(min_value=1e-5, max_value=1e5)


def sketch(values):
    buckets = {}
    merge(buckets, ((bucket(value), 1) for value in values))
    return buckets


@given(st.lists(seconds, min_size=1), st.sampled_from([0.01, 0.5, 0.95, 0.99, 1.0]))
def test_a_quantile_is_within_the_accuracy_of_the_true_one(values, q):
    true = sorted(values)[ceil(q * len(values)) - 1]
    assert quantile(sketch(values), q) == pytest.approx(true, rel=ACCURACY * 1.0001)


@given(st.lists(seconds), st.lists(seconds))
def test_merged_sketches_are_the_sketch_of_all_values(some, others):
    merged = sketch(some)
    merge(merged, sketch(others).items())
    assert merged == sketch(some + others)


@pytest.mark.parametrize("value", [0.0, -1.0, 1e-9, float("nan")])
def test_no_time_at_all_is_0(value):
    assert quantile(sketch([value]), 0.5) == 0.0


def test_what_is_longer_than_anything_counts_as_the_longest():
    assert bucket(float("inf")) == bucket(LONGEST)


def test_nothing_has_the_quantile_0():
    assert quantile({}, 0.95) == 0.0

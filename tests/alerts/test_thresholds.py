import pytest

from otel_agents.alerts.thresholds import Thresholds
from otel_agents.errors import ConfigurationError


def test_the_defaults_are_those_of_the_guide():
    assert dict(Thresholds()) == {"error_rate": 10.0, "response_time": 5.0, "failure_count": 10}


def test_replacing_leaves_nothing_of_what_was():
    thresholds = Thresholds()
    thresholds.replace({"error_rate": 5.0, "cost": 10})
    assert dict(thresholds) == {"error_rate": 5.0, "cost": 10.0}


def test_one_can_be_set_and_removed():
    thresholds = Thresholds()
    thresholds["response_time"] = 3
    del thresholds["failure_count"]
    assert dict(thresholds) == {"error_rate": 10.0, "response_time": 3.0}


def test_an_unknown_name_is_refused_with_the_nearest_known_one():
    with pytest.raises(ConfigurationError) as caught:
        Thresholds()["eror_rate"] = 5
    assert str(caught.value) == (
        "unknown threshold 'eror_rate'; did you mean 'error_rate'? "
        "Known are: error_rate, response_time, failure_count, cost"
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"error_rate": 120}, "threshold 'error_rate': expected a number between 0 and 100, got 120"),
        ({"response_time": "slow"}, "threshold 'response_time': expected a number between 0 and 1e+06, got 'slow'"),
        ({"response_time": float("nan")}, "threshold 'response_time': expected a number between 0 and 1e+06, got nan"),
        (
            {"failure_count": 2.5},
            "threshold 'failure_count': expected a whole number between 0 and 1000000000, got 2.5",
        ),
        ({"cost": None}, "threshold 'cost': expected a number between 0 and 1e+09, got None"),
        ({"cost": True}, "threshold 'cost': expected a number between 0 and 1e+09, got True"),
    ],
)
def test_a_wrong_value_is_refused_and_changes_nothing(values, message):
    thresholds = Thresholds()
    with pytest.raises(ConfigurationError) as caught:
        thresholds.replace({"error_rate": 50.0, **values})
    assert str(caught.value) == message
    assert dict(thresholds) == dict(Thresholds())


def test_what_is_no_mapping_is_refused():
    with pytest.raises(ConfigurationError, match="expected a mapping"):
        Thresholds().replace(10.0)

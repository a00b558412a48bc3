import pytest

from otel_agents.alerts.budgets import LABELS, PERIODS, Budget, Call, Ledger, Spent, read
from otel_agents.errors import BudgetExceeded, ConfigurationError

DAY = 86_400 * 10**9
NOON = 19_676 * DAY + DAY // 2  # 2023-11-15


def ledger(*budgets):
    made = Ledger()
    for budget in budgets:
        made.put(budget)
    return made


def alerts(made, now=NOON):
    return [(found.severity, found.subject, found.message) for found in made.findings(now)]


@pytest.mark.parametrize("label", ["run", "session", "user", "tenant", "agent", "model"])
def test_each_has_an_account_of_its_own(label):
    made = ledger(Budget("each", 1.0, per=(label,), then="raise"))
    made.spend(Call(**{label: "a"}), 1.0, 10, NOON)
    made.spend(Call(), 5.0, 10, NOON)  # of nobody
    with pytest.raises(BudgetExceeded) as caught:
        made.check(Call(**{label: "a"}), NOON)
    made.check(Call(**{label: "b"}), NOON)
    made.check(Call(), NOON)
    assert str(caught.value) == "budget each (a): $1.00 of $1.00 used; the call is not made"
    assert (caught.value.budget, caught.value.account, caught.value.used, caught.value.limit, caught.value.unit) == (
        "each",
        ("a",),
        1.0,
        1.0,
        "USD",
    )
    assert made.spent(NOON) == [Spent("each", ("a",), 1.0, 1.0, "USD", 0)]


@pytest.mark.parametrize(("period", "ends_in"), [("day", DAY // 2), ("month", 15 * DAY + DAY // 2)])
def test_a_day_and_a_month_begin_anew_by_utc(period, ends_in):
    made = ledger(Budget("mine", 1.0, per=(period,), then="raise"))
    made.spend(Call(), 1.5, 10, NOON)
    with pytest.raises(BudgetExceeded, match=f"budget mine: \\$1.50 of \\$1.00 used .*{period} \\(UTC\\)"):
        made.check(Call(), NOON + ends_in - 1)
    made.check(Call(), NOON + ends_in)
    assert (alerts(made, NOON + ends_in), made.spent(NOON + ends_in)) == ([], [])


def test_each_user_in_a_day():
    made = ledger(Budget("daily", 1.0, per=("user", "day"), then="raise"))
    made.spend(Call(user="u1"), 2.0, 10, NOON)
    made.check(Call(user="u2"), NOON)
    made.check(Call(user="u1"), NOON + DAY)
    with pytest.raises(BudgetExceeded):
        made.check(Call(user="u1"), NOON)


def test_calls_of_one_agent_alone():
    made = ledger(Budget("coder", 1.0, only={"agent": "Coder"}, then="raise"))
    made.spend(Call(agent="Chat"), 5.0, 10, NOON)
    made.check(Call(agent="Coder"), NOON)
    made.spend(Call(agent="Coder"), 5.0, 10, NOON)
    made.check(Call(agent="Chat"), NOON)
    with pytest.raises(BudgetExceeded):
        made.check(Call(agent="Coder"), NOON)


def test_tokens():
    made = ledger(Budget("t", 1000, "tokens", ("session",), then="raise"))
    made.spend(Call(session="s"), None, 1200, NOON)
    with pytest.raises(BudgetExceeded, match="1,200 tokens of 1,000 tokens used; the call"):
        made.check(Call(session="s"), NOON)


def test_a_warning_at_80_percent_and_an_alert_at_100():
    made = ledger(Budget("daily", 10.0, per=("day",)))
    made.spend(Call(), 7.9, 10, NOON)
    assert alerts(made) == []
    made.spend(Call(), 0.1, 10, NOON)
    assert alerts(made) == [("medium", "daily", "Budget daily: $8.00 of $10.00 used today (UTC)")]
    made.spend(Call(), 2.0, 10, NOON)
    assert alerts(made) == [("high", "daily", "Budget daily: $10.00 of $10.00 used today (UTC)")]
    made.check(Call(), NOON)  # it warns and raises nothing


def test_a_warning_where_the_user_wants_it():
    made = ledger(Budget("daily", 10.0, per=("day",), warn_at=0.5))
    made.spend(Call(), 5.0, 10, NOON)
    assert [rule for rule, _, _ in alerts(made)] == ["medium"]


def test_calls_of_unknown_cost_are_reported():
    made = ledger(Budget("daily", 10.0, per=("day",)))
    made.spend(Call(), 1.0, 10, NOON)
    made.spend(Call(), None, 10, NOON)
    made.spend(Call(), None, 0, NOON)  # failed before it used anything
    said = "Budget daily: $1.00 of $10.00 used today (UTC), and 1 call of unknown cost"
    assert alerts(made) == [("low", "daily", said)]
    made.spend(Call(), 9.0, 10, NOON)
    assert alerts(made)[0][2].endswith("$10.00 of $10.00 used today (UTC), and 1 call of unknown cost")


def test_who_used_all_of_it_is_told_once_a_period():
    made = ledger(Budget("daily", 1.0, per=("day",)))
    told = [bool(made.spend(Call(), 0.6, 10, NOON + at * DAY // 10)) for at in range(8)]
    assert told == [False, True, False, False, False, False, True, False]


def test_what_no_run_uses_any_more_is_no_alert():
    made = ledger(Budget("run", 1.0, per=("run",)))
    made.spend(Call(run="a"), 2.0, 10, NOON)
    assert len(alerts(made)) == 1
    assert alerts(made, NOON + 301 * 10**9) == []


def test_accounts_are_bounded():
    made = ledger(Budget("run", 1.0, per=("run",)))
    for run in range(10_050):
        made.spend(Call(run=str(run)), 1.0, 10, NOON)
    kept = made.spent(NOON)
    assert (len(kept), kept[0].account) == (10_000, ("50",))


def test_a_budget_set_again_keeps_what_was_spent():
    made = ledger(Budget("daily", 1.0, per=("day",), then="raise"))
    made.spend(Call(), 2.0, 10, NOON)
    made.put(Budget("daily", 5.0, per=("day",), then="raise"))
    made.check(Call(), NOON)
    assert [one.used for one in made.spent(NOON)] == [2.0]
    made.put(Budget("daily", 5.0, "tokens", ("day",)))
    assert made.spent(NOON) == []


def test_a_budget_of_nothing_lets_no_call_through():
    made = ledger(Budget("none", 0, then="raise"))
    with pytest.raises(BudgetExceeded, match=r"\$0.00 of \$0.00 used"):
        made.check(Call(), NOON)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"limit": -1}, "expected an amount of at least 0, got -1"),
        ({"limit": float("nan")}, "expected an amount of at least 0, got nan"),
        ({"limit": "10"}, "expected an amount of at least 0, got '10'"),
        (
            {"per": ("usr",)},
            f"per: expected any of {', '.join(LABELS + PERIODS)}, got 'usr'; did you mean 'user'?",
        ),
        ({"per": ("day", "month")}, "per: expected each once, and day or month, got day and month"),
        ({"only": {"city": "Lisbon"}}, "expected labels among run, session, user, tenant, agent, model, got city"),
        ({"then": "panic"}, "then: expected warn, raise or a function, got 'panic'"),
        ({"warn_at": 80}, "warn_at: expected a share above 0, at most 1, got 80"),
    ],
)
def test_a_wrong_budget_says_why(given, why):
    with pytest.raises(ConfigurationError) as caught:
        Budget("mine", **{"limit": 1.0, **given})
    assert str(caught.value) == f"budget 'mine': {why}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$10 per day then raise", Budget("b", 10.0, "USD", ("day",), then="raise")),
        ("0.50 USD per user and day", Budget("b", 0.5, "USD", ("user", "day"))),
        ("50000 tokens per session, then warn", Budget("b", 50_000, "tokens", ("session",))),
    ],
)
def test_a_budget_in_words(text, expected):
    assert read("b", text) == expected


@pytest.mark.parametrize("text", ["", "lots", "$10", "$10 per", "-3 per day", 10, "$10 per day or night"])
def test_words_that_are_no_budget_are_refused(text):
    with pytest.raises(ConfigurationError, match="budget 'b': expected a text such as"):
        read("b", text)

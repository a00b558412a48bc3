"""Stop before the money is gone, and before an agent runs in circles. It needs no model, no key and no collector."""

from otel_agents import agent, alert_manager, budgets, configure, context, model, tool
from otel_agents.errors import BudgetExceeded, LoopDetected

configure(service_name="budgets", traces_exporter="none", on_loop="raise", state=False)  # each run begins anew

budgets.set("everybody's day", usd=0.70, per="day")  # an alert at 80 %, and one at 100 %
budgets.set("each user", usd=0.25, per=("user", "day"), then="raise")


@model(provider="openai")
def ask(question: str) -> dict:
    return {  # what OpenAI's package would give
        "object": "chat.completion",
        "model": "gpt-4o",
        "choices": [{"message": {"role": "assistant", "content": f"I thought long about {question}."}}],
        "usage": {"prompt_tokens": 20_000, "completion_tokens": 5_000, "total_tokens": 25_000},
    }


@tool
def search(query: str) -> str:
    return f"nothing found for {query}"


@agent("Researcher")
def research(question: str) -> str:
    return ask(question)["choices"][0]["message"]["content"]


@agent("Stubborn")
def insist(query: str) -> None:
    while True:
        search(query)


for user in ("ana", "ben"):
    with context(user=user):
        try:
            for number in range(1, 10):
                print(f"{user}: {research(f'question {number}')}")
        except BudgetExceeded as error:
            print(f"{user}: {error}")

try:
    insist("the same as ever")
except LoopDetected as error:
    print(error)

for spent in budgets.spent():
    print(f"{spent.subject}: {spent.percent:.0f} % of ${spent.limit:.2f}")
for alert in alert_manager.check_alerts():
    print(alert["severity"], alert["message"])

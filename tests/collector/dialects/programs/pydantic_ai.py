# pydantic-ai-slim[openai]==2.68.0 logfire==5.2.0
import logfire
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel

logfire.configure(
    service_name="weather-bot", send_to_logfire=False, console=False, metrics=False, inspect_arguments=False
)
logfire.instrument_pydantic_ai()
agent = Agent(OpenAIChatModel("gpt-4o"), name="WeatherAgent", instructions="Be brief.")


@agent.tool_plain
def get_weather(city: str) -> str:
    return f"sunny in {city}"


with logfire.span("serve {question}", question="Do I need a coat?"):
    agent.run_sync("Do I need a coat?")
logfire.shutdown()

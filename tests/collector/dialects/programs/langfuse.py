# langfuse==5.0.4 openai
import sys

from langfuse import Langfuse, observe, propagate_attributes
from langfuse.openai import OpenAI

langfuse = Langfuse(public_key="pk", secret_key="sk", base_url=sys.argv[1])
client = OpenAI()


@observe(as_type="tool")
def get_weather(city: str) -> str:
    return f"sunny in {city}"


@observe(as_type="generation", name="priced by hand")
def ask(question: str) -> str:
    langfuse.update_current_generation(
        model="gpt-4o",
        usage_details={"input": 10, "output": 4, "cache_read_input_tokens": 90},
        cost_details={"input": 0.002, "output": 0.001},
    )
    return "It is sunny."


@observe(as_type="agent", name="WeatherAgent")
def answer(question: str) -> str:
    get_weather("Lisbon")
    ask(question)
    messages = [{"role": "user", "content": question}]
    return client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content


@observe(name="serve", as_type="chain")
def serve(question: str) -> str:
    with propagate_attributes(session_id="s-1", user_id="u-1"):
        return answer(question)


serve("Do I need a coat?")
langfuse.flush()

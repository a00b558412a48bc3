# openinference-instrumentation-openai==0.1.66 openai opentelemetry-exporter-otlp-proto-http
from openai import OpenAI
from openinference.instrumentation import TracerProvider, using_session, using_user
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
OpenAIInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("weather-bot")
client = OpenAI()


@tracer.tool
def get_weather(city: str) -> str:
    return f"sunny in {city}"


@tracer.agent(name="WeatherAgent")
def answer(question: str) -> str:
    get_weather("Lisbon")
    messages = [{"role": "user", "content": question}]
    return client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content


@tracer.chain
def serve(question: str) -> str:
    return answer(question)


with using_session("s-1"), using_user("u-1"):
    serve("Do I need a coat?")

# openinference-instrumentation-openai==0.1.66 opentelemetry-instrumentation-openai openai opentelemetry-exporter-otlp
from openai import OpenAI
from openinference.instrumentation import TracerProvider
from openinference.instrumentation.openai import OpenAIInstrumentor as OpenInference
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai import OpenAIInstrumentor as OpenLLMetry
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
OpenInference().instrument(tracer_provider=provider)
OpenLLMetry().instrument(tracer_provider=provider)
tracer = provider.get_tracer("weather-bot")


@tracer.agent(name="WeatherAgent")
def answer(question: str) -> str:
    messages = [{"role": "user", "content": question}]
    return OpenAI().chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content


answer("Do I need a coat?")

# opentelemetry-instrumentation-openai==0.33.12 openai<1.60 httpx<0.28 opentelemetry-exporter-otlp setuptools<70
from openai import OpenAI
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
OpenAIInstrumentor().instrument(tracer_provider=provider)
with provider.get_tracer("weather-bot").start_as_current_span("serve"):
    messages = [{"role": "user", "content": "Do I need a coat?"}]
    OpenAI().chat.completions.create(model="gpt-4o", messages=messages)

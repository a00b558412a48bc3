// Sends a span, metrics and a log record by OpenTelemetry's own exporters: node otlp.mjs URL ENCODING COMPRESSION SERVICE
import { SpanStatusCode, context, trace } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

const [url, encoding, compression, service] = process.argv.slice(2);
const resource = resourceFromAttributes({ "service.name": service });
const exporter = async (signal, name) => {
  const { [name]: Exporter } = await import(`@opentelemetry/exporter-${signal}-otlp-${encoding}`);
  return new Exporter({ url: `${url}/v1/${signal === "trace" ? "traces" : signal}`, compression });
};

const tracers = new BasicTracerProvider({
  resource,
  spanProcessors: [new SimpleSpanProcessor(await exporter("trace", "OTLPTraceExporter"))],
});
const span = tracers.getTracer("js", "1.0").startSpan("chat gpt-4o", {
  attributes: { "gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 12, share: 0.5, tags: ["a", "b"], on: true },
});
span.addEvent("first token", { n: 1 });
span.setStatus({ code: SpanStatusCode.ERROR, message: "cut short" });
span.end();

const reader = new PeriodicExportingMetricReader({ exporter: await exporter("metrics", "OTLPMetricExporter") });
const meters = new MeterProvider({ resource, readers: [reader] });
const meter = meters.getMeter("js");
meter.createCounter("orders", { unit: "{order}" }).add(3, { tier: "gold" });
meter.createHistogram("latency", { advice: { explicitBucketBoundaries: [1, 2] } }).record(1.5);

const loggers = new LoggerProvider({
  resource,
  processors: [new SimpleLogRecordProcessor({ exporter: await exporter("logs", "OTLPLogExporter") })],
});
loggers.getLogger("js").emit({
  severityNumber: SeverityNumber.WARN,
  severityText: "warn",
  body: { card: "visa", tries: 2 },
  attributes: { order: 7 },
  context: trace.setSpan(context.active(), span),
});

await Promise.all([tracers.shutdown(), meters.shutdown(), loggers.shutdown()]);
const { traceId, spanId } = span.spanContext();
console.log(JSON.stringify({ trace_id: traceId, span_id: spanId }));

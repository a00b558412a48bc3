// Runs an agent of the Vercel AI SDK on a scripted model, traced as its users trace it: node vercel.mjs URL
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { embed, generateText, stepCountIs, streamText, tool } from "ai";
import { MockEmbeddingModelV3, MockLanguageModelV3, simulateReadableStream } from "ai/test";
import { z } from "zod";

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ "service.name": "vercel" }),
  spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter({ url: `${process.argv[2]}/v1/traces` }))],
});
const experimental_telemetry = {
  isEnabled: true,
  tracer: provider.getTracer("ai"),
  functionId: "weather-bot",
  metadata: { sessionId: "s-1", userId: "u-1" },
};
const usage = {
  inputTokens: { total: 10, noCache: 6, cacheRead: 4, cacheWrite: 0 },
  outputTokens: { total: 20, text: 15, reasoning: 5 },
};
const answers = [
  {
    finishReason: { unified: "tool-calls" },
    content: [{ type: "tool-call", toolCallId: "c1", toolName: "weather", input: '{"city":"Lisbon"}' }],
  },
  { finishReason: { unified: "stop" }, content: [{ type: "text", text: "It is sunny." }] },
];
await generateText({
  model: new MockLanguageModelV3({
    provider: "openai.chat",
    modelId: "gpt-4o",
    doGenerate: async () => ({ ...answers.shift(), usage, warnings: [] }),
  }),
  prompt: "Do I need a coat in Lisbon?",
  stopWhen: stepCountIs(3),
  tools: { weather: tool({ inputSchema: z.object({ city: z.string() }), execute: async () => "sunny" }) },
  experimental_telemetry,
});
const chunks = [
  { type: "text-start", id: "1" },
  { type: "text-delta", id: "1", delta: "Hello" },
  { type: "text-end", id: "1" },
  { type: "finish", finishReason: { unified: "stop" }, usage },
];
const streamed = streamText({
  model: new MockLanguageModelV3({
    provider: "openai.chat",
    modelId: "gpt-4o",
    doStream: async () => ({ stream: simulateReadableStream({ chunks }) }),
  }),
  prompt: "Hello",
  experimental_telemetry,
});
await streamed.consumeStream();
await embed({
  model: new MockEmbeddingModelV3({
    provider: "openai.embedding",
    modelId: "text-embedding-3-small",
    doEmbed: async () => ({ embeddings: [[0.1]], usage: { tokens: 3 }, warnings: [] }),
  }),
  value: "Lisbon",
  experimental_telemetry,
});
await provider.shutdown();

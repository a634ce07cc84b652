import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import protobuf from 'protobufjs';
import { z } from 'zod';

/**
 * What is read of a request of OTLP/HTTP, with the field numbers of
 * https://github.com/open-telemetry/opentelemetry-proto (opentelemetry/proto/trace/v1/trace.proto and what it imports).
 */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    enum Kind { UNSPECIFIED = 0; INTERNAL = 1; SERVER = 2; CLIENT = 3; PRODUCER = 4; CONSUMER = 5; }
    bytes trace_id = 1;
    bytes span_id = 2;
    bytes parent_span_id = 4;
    string name = 5;
    Kind kind = 6;
    fixed64 start_time_unix_nano = 7;
    fixed64 end_time_unix_nano = 8;
    repeated KeyValue attributes = 9;
    Status status = 15;
  }
  message Status {
    enum Code { UNSET = 0; OK = 1; ERROR = 2; }
    string message = 2;
    Code code = 3;
  }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue {
    oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; }
  }
`);
const exportRequest = root.lookupType('ExportTraceServiceRequest');

const attributes = z
  .array(
    z.object({
      key: z.string(),
      value: z
        .object({
          stringValue: z.string(),
          boolValue: z.boolean(),
          intValue: z.coerce.number(),
          doubleValue: z.number(),
        })
        .partial()
        .transform((value) => value.stringValue ?? value.boolValue ?? value.intValue ?? value.doubleValue),
    }),
  )
  .transform((pairs) => Object.fromEntries(pairs.map(({ key, value }) => [key, value])));

const hex = z.base64().transform((text) => Buffer.from(text, 'base64').toString('hex'));
const ms = z.string().transform((nanoseconds) => Number(BigInt(nanoseconds) / 1000n) / 1000);

const Span = z.object({
  traceId: hex,
  spanId: hex,
  /** Empty where it is the trace's first. */
  parentSpanId: hex,
  name: z.string(),
  kind: z.string(),
  /** Since 1970, in ms. */
  startTimeUnixNano: ms,
  endTimeUnixNano: ms,
  attributes,
  status: z.object({ code: z.string(), message: z.string() }).nullish(),
});

const Request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(Span) })),
    }),
  ),
});

/** A span as a collector gets it, and the service that it is of. */
export type ReceivedSpan = z.output<typeof Span> & { readonly service: string };

/** A collector that keeps what it gets. */
export interface Collector {
  /** What goes into `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  /** All spans so far. */
  readonly spans: readonly ReceivedSpan[];
  close(): Promise<void>;
}

/** Starts a collector that takes spans by OTLP over HTTP, as protobuf. */
export async function startCollector(port = 0): Promise<Collector> {
  const spans: ReceivedSpan[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      spans.push(...spansIn(body));
      response.setHeader('content-type', 'application/x-protobuf').end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${actual}`,
    spans,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function spansIn(body: Buffer): ReceivedSpan[] {
  const decoded = exportRequest.toObject(exportRequest.decode(body), {
    bytes: String,
    enums: String,
    longs: String,
    defaults: true,
  });
  return Request.parse(decoded).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({ ...span, service: String(resource.attributes['service.name']) })),
    ),
  );
}

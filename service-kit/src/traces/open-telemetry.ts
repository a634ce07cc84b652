import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Attributes,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { ClientGoneError } from '../http/deadline.js';
import { problemOf } from '../http/problem.js';
import { functionOf, isProbe, pathOf, statusOf } from '../http/request-log.js';
import { routeOf } from '../http/route.js';
import { ReportingExporter } from './reporting-exporter.js';
import type { TraceSettings } from './traces.js';

/** The part of SHUTDOWN_MS in which the last spans have to be sent: the collector may be gone. */
const FLUSH_SHARE = 0.1;

/** What there is to say of a span at its start. */
export interface SpanStart {
  readonly name: string;
  readonly attributes?: Attributes;
  /** Whether it is a call of another service, rather than work of this one. */
  readonly isCall?: boolean;
}

/** A request that has a span, and the clock of all its spans. */
interface TracedRequest {
  readonly span: Span;
  readonly now: () => number;
}

/**
 * Spans of requests, sent to the collector of `OTEL_EXPORTER_OTLP_ENDPOINT` by OTLP (http/protobuf). Names of attributes are
 * OpenTelemetry's (https://opentelemetry.io/docs/specs/semconv/http/http-spans/); those that begin with `function.` are ours.
 * Spans wait for the collector in a queue with a bound, and no request waits for it.
 */
export class OpenTelemetry {
  readonly #provider: BasicTracerProvider;
  readonly #tracer;
  readonly #propagator = new W3CTraceContextPropagator();
  readonly #exporter: ReportingExporter;
  readonly #requests = new WeakMap<ServerResponse, TracedRequest>();
  readonly #flushMs: number;

  constructor(service: string, { OTEL_EXPORTER_OTLP_ENDPOINT, SHUTDOWN_MS }: TraceSettings, logger: Logger) {
    this.#flushMs = SHUTDOWN_MS * FLUSH_SHARE;
    this.#exporter = new ReportingExporter(
      new OTLPTraceExporter(),
      logger.child({ collector: OTEL_EXPORTER_OTLP_ENDPOINT }),
    );
    const resource = defaultResource()
      .merge(resourceFromAttributes({ 'service.name': service, 'host.name': hostname() }))
      .merge(detectResources({ detectors: [envDetector] }));
    this.#provider = new BasicTracerProvider({
      resource,
      spanProcessors: [new BatchSpanProcessor(this.#exporter)],
    });
    this.#tracer = this.#provider.getTracer('dapr-wasmedge');
  }

  /** A span for each request but probes, from its arrival to its end; a part of what the caller's `traceparent` names. */
  readonly request: RequestHandler = (request, response, next) => {
    if (isProbe(request)) return next();
    const now = clock();
    const span = this.#tracer.startSpan(
      request.method,
      {
        kind: SpanKind.SERVER,
        startTime: now(),
        attributes: { 'http.request.method': request.method, 'url.path': pathOf(request) },
      },
      this.#propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter),
    );
    this.#requests.set(response, { span, now });
    this.forward(request, span);
    response.once('close', () => {
      const route = routeOf(request);
      const status = statusOf(response);
      const code =
        response.writableFinished || response.err !== undefined
          ? codeOf(response.err)
          : codeOf(new ClientGoneError());
      span.updateName(`${request.method} ${route}`);
      span.setAttributes({
        'http.route': route,
        'http.response.status_code': status,
        'error.type': code,
        'function.name': functionOf(response),
      });
      // What a client does wrong is no error of a service.
      if (status >= 500)
        span.setStatus({ code: SpanStatusCode.ERROR, ...(code !== undefined && { message: code }) });
      span.end(now());
    });
    next();
  };

  /** Has the span's context go on with the request, in place of its own. */
  forward(request: IncomingMessage, span: Span): void {
    delete request.headers.tracestate;
    this.#propagator.inject(trace.setSpan(ROOT_CONTEXT, span), request.headers, defaultTextMapSetter);
  }

  /** Starts a span that is a part of a request's. */
  start(response: ServerResponse, { name, attributes = {}, isCall = false }: SpanStart): Span {
    const request = this.#requests.get(response);
    const context = request === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, request.span);
    const kind = isCall ? SpanKind.CLIENT : SpanKind.INTERNAL;
    const time = request && { startTime: request.now() };
    return this.#tracer.startSpan(name, { kind, attributes, ...time }, context);
  }

  /** Ends a span of a request; with an error, as one that failed. */
  end(response: ServerResponse, span: Span, error?: unknown): void {
    const code = codeOf(error);
    if (code !== undefined) {
      span.setAttribute('error.type', code);
      span.setStatus({ code: SpanStatusCode.ERROR, message: code });
    }
    span.end(this.#requests.get(response)?.now());
  }

  /** Does some work for a request within a span. */
  async within<Result>(
    response: ServerResponse,
    start: SpanStart,
    work: (span: Span) => Promise<Result>,
  ): Promise<Result> {
    const span = this.start(response, start);
    try {
      const result = await work(span);
      this.end(response, span);
      return result;
    } catch (error) {
      this.end(response, span, error);
      throw error;
    }
  }

  /** Sends the spans that are left, as long as there is time. */
  async close(): Promise<void> {
    const sent = this.#provider.shutdown().then(
      () => true,
      () => true, // Its exporter has told of it.
    );
    if (!(await Promise.race([sent, delay(this.#flushMs, false)]))) this.#exporter.gaveUp();
  }
}

/**
 * A clock of a request: its spans begin one after another within a millisecond, which the SDK's own does not tell apart, and
 * `performance.timeOrigin` drifts away from the time of day in a process that lives long.
 *
 * @returns the time since 1970, in ms, to a fraction
 */
function clock(): () => number {
  const offset = Date.now() - performance.now();
  return () => offset + performance.now();
}

/** The code of what went wrong, as it is answered and logged. */
function codeOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  return error instanceof ClientGoneError ? error.code : problemOf(error).code;
}

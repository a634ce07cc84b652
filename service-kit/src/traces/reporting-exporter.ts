import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Logger } from 'pino';

/** Passes spans on to an exporter, and tells once when they do not reach the collector, and once when they do again. */
export class ReportingExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #logger: Logger;
  /** Spans that are lost since the collector was reached last. */
  #lost = 0;

  constructor(exporter: SpanExporter, logger: Logger) {
    this.#exporter = exporter;
    this.#logger = logger;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, (result) => {
      this.#report(result, spans.length);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  /** Tells that the last spans were not sent in time. */
  gaveUp(): void {
    if (this.#lost === 0) this.#logger.warn('the last spans did not reach the collector in time');
  }

  #report({ code, error: err }: ExportResult, spans: number): void {
    if (code === ExportResultCode.SUCCESS) {
      if (this.#lost > 0) this.#logger.info({ lost: this.#lost }, 'spans reach the collector again');
      this.#lost = 0;
      return;
    }
    if (this.#lost === 0)
      this.#logger.warn({ err }, 'spans do not reach the collector: they are lost until it answers');
    this.#lost += spans;
  }
}

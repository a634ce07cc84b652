import pWaitFor from 'p-wait-for';
import { z } from 'zod';
import type { ReceivedSpan } from './otlp.js';

/** What Jaeger tells of a trace (https://www.jaegertracing.io/docs/latest/architecture/apis/). */
const Answer = z.object({
  data: z.array(
    z.object({
      spans: z.array(
        z.object({
          traceID: z.string(),
          spanID: z.string(),
          operationName: z.string(),
          references: z.array(z.object({ refType: z.string(), spanID: z.string() })),
          /** In microseconds. */
          startTime: z.number(),
          duration: z.number(),
          tags: z.array(z.object({ key: z.string(), value: z.union([z.string(), z.number(), z.boolean()]) })),
          processID: z.string(),
        }),
      ),
      processes: z.record(z.string(), z.object({ serviceName: z.string() })),
    }),
  ),
});

/**
 * Asks Jaeger for a trace until it has so many spans.
 *
 * @param page where Jaeger's page is
 */
export async function traceOf(page: string, id: string, expected: number): Promise<ReceivedSpan[]> {
  let spans: ReceivedSpan[] = [];
  await pWaitFor(
    async () => {
      const response = await fetch(new URL(`api/traces/${id}`, page));
      if (response.ok) spans = spansOf(Answer.parse(await response.json()));
      return spans.length >= expected;
    },
    { interval: 50, timeout: 15_000 },
  );
  return spans;
}

function spansOf({ data }: z.output<typeof Answer>): ReceivedSpan[] {
  return data.flatMap(({ spans, processes }) =>
    spans.map(({ traceID, spanID, operationName, references, startTime, duration, tags, processID }) => {
      const attributes = Object.fromEntries(tags.map(({ key, value }) => [key, value]));
      const parent = references.find(({ refType }) => refType === 'CHILD_OF');
      return {
        traceId: traceID,
        spanId: spanID,
        parentSpanId: parent?.spanID ?? '',
        name: operationName,
        kind: String(attributes['span.kind'] ?? 'internal').toUpperCase(),
        startTimeUnixNano: startTime / 1000,
        endTimeUnixNano: (startTime + duration) / 1000,
        attributes,
        status: { code: attributes.error === true ? 'ERROR' : 'UNSET', message: '' },
        service: processes[processID]?.serviceName ?? '',
      };
    }),
  );
}

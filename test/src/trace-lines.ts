import type { ReceivedSpan } from './otlp.js';

/** A trace as lines, each span below what it is a part of: service, name, kind, and what went wrong. */
export function drawn(spans: readonly ReceivedSpan[], parent = '', depth = 0): string[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .sort((a, b) => a.startTimeUnixNano - b.startTimeUnixNano)
    .flatMap((span) => {
      const { service, name, kind, spanId, attributes, status } = span;
      const failed = status?.code === 'ERROR' ? ' ERROR' : '';
      const code = attributes['error.type'] === undefined ? '' : ` ${attributes['error.type']}`;
      const line = `${'  '.repeat(depth)}${service}: ${name} ${kind}${failed}${code}`;
      return [line, ...drawn(spans, spanId, depth + 1)];
    });
}

/** What the two sidecars are, which a request passes. */
export const through = (app: string, name: string, failed = '') =>
  [
    `    web-port: CallLocal/${app}/functions/${name} CLIENT${failed}`,
    `      ${app}: CallLocal/${app}/functions/${name} SERVER`,
  ] as const;

/** The article's two functions: the app of each, and what that does in a request. */
export const FUNCTIONS = [
  ['grayscale', 'image-api-grayscale', ['wait for an instance', 'run grayscale']],
  ['classify', 'image-api-classify', ['shrink', 'wait for an instance', 'run classify']],
] as const;

/** All of a request that went well. */
export const whole = (app: string, name: string, steps: readonly string[]) => [
  'web-port: POST /api/hello SERVER',
  `  web-port: call ${app} CLIENT`,
  ...through(app, name),
  `        ${app}: POST /functions/:name SERVER`,
  ...steps.map((step) => `          ${app}: ${step} INTERNAL`),
];

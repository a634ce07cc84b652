import type { Traces } from '@app/service-kit';
import type { Call } from './invocation.js';

/** The same call within a span of its own, which what the sidecars do for it is then a part of. */
export function traced(call: Call, traces: Traces | undefined): Call {
  if (traces === undefined) return call;
  return (invocation) => {
    const { request, response, description } = invocation;
    const { app, name } = description;
    const attributes = { 'peer.service': app, 'function.name': name };
    return traces.within(response, { name: `call ${app}`, attributes, isCall: true }, (span) => {
      traces.forward(request, span);
      return call(invocation);
    });
  };
}

import { type Call, SidecarError } from './invocation.js';

/**
 * The same call, which is made once more if the sidecar gave it up as cancelled: who cancels a call is
 * gone, or its deadline is over, and neither is so here (docs/decisions/cancelled-by-mistake.md).
 */
export function onceMore(call: Call): Call {
  return async (invocation) => {
    try {
      await call(invocation);
    } catch (error) {
      if (!isCancelled(error) || invocation.response.headersSent) throw error;
      invocation.deadline.signal.throwIfAborted();
      await call(invocation);
    }
  };
}

/** Whether a sidecar has said so: by the words of Go's `context.Canceled`, which Dapr has no code for. */
function isCancelled(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof SidecarError && cause.message.includes('context canceled');
}

/** The most bytes that a picture may have; `Infinity` where the server does not say: then its answer will. */
export const maxUploadBytes: Promise<number> = fetchMaxUploadBytes().catch(() => Number.POSITIVE_INFINITY);

async function fetchMaxUploadBytes(): Promise<number> {
  const response = await fetch('../api/limits', { signal: AbortSignal.timeout(5000) });
  const limits: unknown = await response.json();
  if (typeof limits !== 'object' || limits === null || !('maxUploadBytes' in limits))
    throw new Error('no limits');
  if (typeof limits.maxUploadBytes !== 'number') throw new Error('no number');
  return limits.maxUploadBytes;
}

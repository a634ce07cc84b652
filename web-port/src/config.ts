import { integer, originList, serverSettings, sidecarSettings } from '@app/service-kit';
import { z } from 'zod';

/**
 * Settings of web-port. `MAX_REQUESTS` bounds the pictures that it holds at once for each function,
 * `RATE_LIMIT_PER_MINUTE` those that one client may send (0: any); pages of `CORS_ORIGINS` may use it beside its own.
 */
export const settings = {
  ...serverSettings({ port: 8080 }),
  ...sidecarSettings({ httpPort: 3500 }),
  CORS_ORIGINS: originList({ whenUnset: 'none' }),
  MAX_REQUESTS: integer({ min: 1, max: 100_000, whenUnset: 32 }),
  RATE_LIMIT_PER_MINUTE: integer({ min: 0, max: 1_000_000, whenUnset: 0 }),
};

const schema = z.object(settings);

/** The settings, read. */
export type WebPortConfig = z.output<typeof schema>;

import { integer, originList, serverSettings } from '@app/service-kit';
import { z } from 'zod';
import { sidecarSettings } from './invocation.js';

/**
 * Settings of web-port. `MAX_REQUESTS` bounds the requests in work at once for each function,
 * `RATE_LIMIT_PER_MINUTE` those that one client may send (0: any); pages of `CORS_ORIGINS` may use it beside its own.
 * `DEV_SERVER` is set by `npm run dev`.
 */
export const settings = {
  ...serverSettings({ port: 8080 }),
  ...sidecarSettings({ httpPort: 3500 }),
  CORS_ORIGINS: originList({ default: 'none' }),
  MAX_REQUESTS: integer({ min: 1, max: 100_000 }).default(32),
  RATE_LIMIT_PER_MINUTE: integer({ min: 0, max: 1_000_000 }).default(0),
  DEV_SERVER: z.url({ protocol: /^http$/ }).optional(),
};

const schema = z.object(settings);

/** The settings, read. */
export type WebPortConfig = z.output<typeof schema>;

/** So many functions may have all their requests in work at once: with many functions, not each its own. */
export const FULL_FUNCTIONS = 4;

import { integer, serverSettings, sidecarSettings } from '@dapr-wasmedge/service-kit';
import { z } from 'zod';

/** Settings of web-port. `MAX_REQUESTS` bounds the pictures that it holds at once. */
export const settings = {
  ...serverSettings({ port: 8080 }),
  ...sidecarSettings({ httpPort: 3500 }),
  MAX_REQUESTS: integer({ min: 1, max: 100_000, whenUnset: 128 }),
};

const schema = z.object(settings);

/** The settings, read. */
export type WebPortConfig = z.output<typeof schema>;

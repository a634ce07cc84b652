import { type Prepare, main as start } from '../launch/main.js';
import { Development } from './development.js';
import { PageServer } from './page-server.js';

/**
 * `npm run dev`: the application, in which what is saved is served.
 *
 * @param args the command line after the program's name
 * @param prepare as of `npm start`
 * @param lock as in `Surroundings`
 */
export async function main(args: string[], prepare: Prepare, lock: () => Promise<() => void>): Promise<void> {
  const pages = await PageServer.listen();
  let development: Development | undefined;
  try {
    await start(args, async (what) => ({ ...(await prepare(what)), DEV_SERVER: pages.url }), {
      name: 'npm run dev --',
      description:
        'Starts the application as `npm start` does, and serves what is saved: functions, services, page, run file.',
      begin: async (launched, file, signal) => {
        const begun = await Development.begin({ launched, file, pages, lock });
        development = begun;
        // Ctrl-C reaches compilers, too: that they end then is no error to tell of.
        signal.addEventListener('abort', () => void begun.close(), { once: true });
      },
    });
  } finally {
    await development?.close();
    await pages.close();
  }
}

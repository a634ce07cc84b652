import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pWaitFor from 'p-wait-for';
import sharp from 'sharp';
import { launchChromium } from './chromium.js';
import { fixture, post } from './hello.js';
import { traceOf } from './jaeger.js';
import { startApps } from './launcher.js';

/** Takes the picture of a trace, `docs/trace.png`, from the running services and Jaeger's page. */
const target = fileURLToPath(new URL('../../docs/trace.png', import.meta.url));
const application = await startApps({
  args: ['--traces'],
  env: { LOG_LEVEL: 'info', OTEL_BSP_SCHEDULE_DELAY: '50' },
});
const browser = await launchChromium();
try {
  const jaeger = /^Traces: (http:\S+)$/m.exec(application.output())?.[1] ?? assert.fail();
  const hello = `${application.apps.get('web-port')?.url}/api/hello`;
  const coffee = await fixture('coffee.png');
  // Several: the first ones pay for connections that later ones find open.
  for (let request = 0; request < 5; request += 1) await post(hello, coffee, { api: 'classify' });
  const ids = () => [...application.output().matchAll(/"traceId":"(\w+)".*"path":"\/api\/hello"/g)];
  await pWaitFor(() => ids().length === 5);
  const id = ids().at(-1)?.[1] ?? assert.fail();
  await traceOf(jaeger, id, 8);
  const page = await browser.newPage({ viewport: { width: 1280, height: 480 }, reducedMotion: 'reduce' });
  await page.goto(new URL(`trace/${id}`, jaeger).href);
  await page.getByText('run classify').first().waitFor();
  // Room for the names.
  await page.mouse.move(320, 230);
  await page.mouse.down();
  await page.mouse.move(520, 230);
  await page.mouse.up();
  await page.mouse.move(0, 0);
  const shot = await page.screenshot();
  await writeFile(target, await sharp(shot).png({ palette: true, effort: 10 }).toBuffer());
} finally {
  await browser.close();
  await application.stop();
}

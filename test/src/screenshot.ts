import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { startApplication } from './application.js';
import { parts } from './built-parts.js';
import { launchChromium } from './chromium.js';

/** Takes the README's picture of the page, `docs/page.png`, from the running services. */
const target = fileURLToPath(new URL('../../docs/page.png', import.meta.url));
const application = await startApplication();
const browser = await launchChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 980 }, reducedMotion: 'reduce' });
  await page.goto(application.url);
  await page.getByLabel('Choose a picture').setInputFiles(parts.coffee);
  // Twice: the first time pays for connections that later ones find open.
  for (const _ of [1, 2]) {
    await page.getByRole('button', { name: 'Run Classify' }).click();
    await page.getByRole('region', { name: 'Result' }).getByRole('link', { name: 'espresso' }).waitFor();
  }
  const shot = await page.screenshot();
  await writeFile(target, await sharp(shot).png({ palette: true, effort: 10 }).toBuffer());
} finally {
  await browser.close();
  await application.stop();
}

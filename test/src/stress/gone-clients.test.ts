import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { startApplication } from '../application.js';
import { fixture, post } from '../hello.js';
import { figure } from '../metrics.js';
import { APIS, knownPicture } from './checked-answer.js';
import { isLong } from './length.js';
import { Tally } from './tally.js';

const application = await startApplication({ env: { LOG_LEVEL: 'warn' } });
after(() => application.stop());
const url = `${application.url}/api/hello`;
const photo = new Uint8Array(await fixture('coffee.png'));
const picture = await knownPicture();

/** What the processes have written of faults that no client going away explains. */
const unexpected = () =>
  application
    .output()
    .split('\n')
    .filter((line) => /"status":50\d|level=|ended \(/.test(line));

for (const api of APIS) {
  test(`clients of ${api} that go away at any moment of their request end nothing, and hurt nobody`, async (t) => {
    const answers = new Tally();
    const started = performance.now();
    for (let n = 0; n < 5; n += 1) await post(url, Buffer.from(photo), picture.headers(api));
    const usualMs = (performance.now() - started) / 5;

    const goAway = async () => {
      const signal = AbortSignal.timeout(Math.round(Math.random() * 2 * usualMs));
      const answer = await fetch(url, { method: 'POST', body: photo, headers: picture.headers(api), signal })
        .then((response) => response.arrayBuffer().then(() => String(response.status)))
        .catch((error: unknown) => (signal.aborted ? 'gone' : String(error)));
      answers.add(answer);
    };
    const stay = async () => {
      const answer = await post(url, picture.bytes, picture.headers(api));
      await picture.check(api, answer).catch((error: unknown) => {
        throw new Error(`who stayed: ${unexpected().join('\n')}`, { cause: error });
      });
    };
    for (let round = 0; round < (isLong ? 2000 : 150); round += 1)
      await Promise.all([goAway(), goAway(), stay()]);

    t.diagnostic(answers.toString());
    for (const line of unexpected()) t.diagnostic(line);
    const [gone, answered] = [answers.count('gone'), answers.count('200')];
    assert.ok(gone > 0 && answered > 0);
    assert.equal(gone + answered, answers.total);
    await pWaitFor(async () => (await figure(application.url, 'http_requests_in_progress')) === 0, {
      timeout: 10_000,
    });
    assert.doesNotMatch(application.output(), /\[launcher\] .* ended/);
  });
}

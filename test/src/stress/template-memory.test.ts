import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readManifest } from '@app/function-manifest';
import { execa } from 'execa';
import sharp from 'sharp';
import { parts } from '../built-parts.js';
import { folders } from '../mounts.js';
import { isLong } from './length.js';

test('the picture that takes the Go template the most memory fits into what its manifest allows', {
  skip: isLong ? false : 'it takes most of a minute: npm run stress -- template',
}, async () => {
  const { limits } = await readManifest(`${folders.repository}templates/go`);
  const create = { width: limits.pixels / 4000, height: 4000, channels: 3, background: 'teal' } as const;
  const image = sharp({ create });
  const progressive = image
    .clone()
    .toColourspace('cmyk')
    .jpeg({ progressive: true, chromaSubsampling: '4:4:4' });
  const interlaced = image.clone().ensureAlpha(0.5).toColourspace('rgb16').png({ progressive: true });
  for (const input of [await progressive.toBuffer(), await interlaced.toBuffer()]) {
    const args = ['--memory-page-limit', String(limits.memoryPages), `${parts.template('go')}/go.so`];
    const { exitCode, stderr, stdout } = await execa(parts.wasmedge, args, {
      input,
      encoding: 'buffer',
      reject: false,
    });
    assert.equal(exitCode, 0, String(stderr));
    assert.equal((await sharp(stdout).metadata()).width, 48);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentenceOf } from './sentence.js';

const link = "<a href='https://www.google.com/search?q=tabby'>tabby</a>";

for (const [confidence, sentence] of [
  [1, `It is very likely a ${link} in the picture`],
  [201 / 255, `It is very likely a ${link} in the picture`],
  [200 / 255, `It is likely a ${link} in the picture`],
  [126 / 255, `It is likely a ${link} in the picture`],
  [125 / 255, `It could be a ${link} in the picture`],
  [51 / 255, `It could be a ${link} in the picture`],
  [50 / 255, 'It does not appear to be any animal in the picture.'],
] as const) {
  test(`a confidence of ${(confidence * 255).toFixed(0)}/255 reads «${sentence.replace(/<[^>]*>/g, '')}»`, () => {
    assert.equal(sentenceOf({ label: 'tabby', confidence }, 'animal'), sentence);
  });
}

test('a model that saw nothing has a sentence too', () => {
  assert.equal(sentenceOf(undefined, 'animal'), 'It does not appear to be any animal in the picture.');
});

test('a label is escaped in the link and in the text', () => {
  assert.equal(
    sentenceOf({ label: `jack-o'-lantern <"&"> x`, confidence: 1 }, 'thing'),
    `It is very likely a <a href='https://www.google.com/search?q=jack-o%27-lantern%20%3C%22%26%22%3E%20x'>` +
      'jack-o&#39;-lantern &lt;&quot;&amp;&quot;&gt; x</a> in the picture',
  );
});

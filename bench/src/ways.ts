import assert from 'node:assert/strict';
import type { Contender } from './contender.js';
import type { FunctionName } from './functions.js';
import { post } from './http.js';
import type { Photo } from './photos.js';
import { type System, throughSidecars, toHello, toPlainApp, toService } from './system.js';

/** Names of the ways to a function over HTTP. */
export const WAY = {
  service: 'service over HTTP',
  hello: '/api/hello and two sidecars',
  plain: 'plain express app, same bodies',
  plainThroughSidecars: 'plain express app behind two sidecars',
} as const;

/**
 * The ways to a function over HTTP, and the same ways to an app that does nothing, with bodies of the same size: what
 * the ways themselves cost.
 */
export function wayContenders(system: System, name: FunctionName, check: Contender['check']): Contender[] {
  const service = toService(system, name);
  const hello = toHello(system, name);
  const sizes = new Map<Photo, number>();
  const sizeOf = (photo: Photo) => sizes.get(photo) ?? 0;
  const learnSize = async (photo: Photo) => {
    if (!sizes.has(photo)) sizes.set(photo, (await post(service.url, photo.jpeg, service.headers)).length);
  };
  const checkSize = async (answer: Buffer, photo: Photo) => assert.equal(answer.length, sizeOf(photo));
  const plain = [
    { name: WAY.plain, way: toPlainApp },
    { name: WAY.plainThroughSidecars, way: throughSidecars },
  ].map(({ name, way }) => ({
    name,
    rest: learnSize,
    run: (photo: Photo) => {
      const { url, headers } = way(system, sizeOf(photo));
      return post(url, photo.jpeg, headers);
    },
    check: checkSize,
  }));
  return [
    { name: WAY.service, run: ({ jpeg }) => post(service.url, jpeg, service.headers), check },
    { name: WAY.hello, run: ({ jpeg }) => post(hello.url, jpeg, hello.headers), check },
    ...plain,
  ];
}

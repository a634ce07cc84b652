import { BlockList, isIP } from 'node:net';
import type { RequestHandler } from 'express';
import { Problem } from './problem.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Whether an address, or a host of a URL, is this machine by loopback. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(name);
  if (family === 0) return name === 'localhost' || name.endsWith('.localhost');
  return loopback.check(name, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Lets in only requests whose header `Host` names loopback: behind any other name, on a service that only this machine
 * can reach, is a web page that has given its own name this machine's address (DNS rebinding).
 */
export const requireLoopbackHost: RequestHandler = (request, _response, next) => {
  if (namesLoopback(request.get('host'))) next();
  else
    throw new Problem(
      403,
      'ERR_HOST',
      `The header Host: ${JSON.stringify(request.get('host') ?? '')} does not name this machine. Use 127.0.0.1 or localhost.`,
    );
};

/** Whether a header `Host` names loopback. */
export function namesLoopback(header: string | undefined): boolean {
  const url = `http://${header ?? ''}`;
  return URL.canParse(url) && isLoopback(new URL(url).hostname);
}

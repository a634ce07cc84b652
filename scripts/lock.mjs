import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * Waits until no other process holds the lock of this name, and takes it. The lock is a socket of Linux's abstract
 * namespace: the kernel gives it back when its process ends, however that ends, and nothing is left in the file system.
 *
 * @param {string} name up to 100 bytes count
 * @param {() => void} onWait called once if another process holds it
 * @returns {Promise<() => void>} gives the lock back
 */
export async function lock(name, onWait) {
  const address = `\0${name.slice(-100)}`;
  for (let waits = 0; ; waits++) {
    const server = await listen(address);
    if (server) return () => server.close();
    if (waits === 0) onWait();
    await release(address);
  }
}

/** A server at this address, or nothing if there is one already. */
async function listen(address) {
  const held = new Set();
  const server = createServer((socket) => held.add(socket.on('error', () => {}))).unref();
  const close = server.close.bind(server);
  server.close = () => {
    for (const socket of held) socket.destroy();
    return close();
  };
  try {
    await once(server.listen(address), 'listening');
    return server;
  } catch (error) {
    if (error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

/** The connection to the holder ends when the holder lets go or dies. */
async function release(address) {
  const socket = connect(address).resume();
  await new Promise((resolve) => socket.once('close', resolve).on('error', () => {}));
}

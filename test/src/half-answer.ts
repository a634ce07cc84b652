import { createServer } from 'node:http';

// An app in place of an image service, for broken-service.test.ts: it announces a picture, and breaks off half-way through.
const LENGTH = 300_000;
const server = createServer((request, response) => {
  request.resume();
  const headers = { 'content-type': 'image/png', 'content-length': LENGTH, 'x-content-length': LENGTH };
  response.writeHead(200, headers).write(Buffer.alloc(LENGTH / 2), () => response.destroy());
});
server.listen(Number(process.env.APP_PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit());

import { createServer } from 'node:http';

// An app in place of an image service, for edge-deadline.test.ts: it says which deadline came to it, in ms, in the form of a
// classification.
const server = createServer((request, response) => {
  request.resume();
  const sentence = String(request.headers['x-timeout-ms']);
  const body = JSON.stringify({ label: null, confidence: 0, sentence, predictions: [], model: 'none' });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
});
server.listen(Number(process.env.APP_PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit());

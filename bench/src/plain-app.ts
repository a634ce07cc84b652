// A plain express app that takes a picture and answers as many bytes as it is asked for: what the way to a service costs.
import express from 'express';

const MAX_BODY = '16mb';

const app = express();
app.get('/healthz', (_request, response) => {
  response.end();
});
app.post('/api/image', express.raw({ type: () => true, limit: MAX_BODY }), (request, response) => {
  response.type('application/octet-stream').send(Buffer.alloc(Number(request.get('x-answer-bytes'))));
});
const server = app.listen(Number(process.env.APP_PORT), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});

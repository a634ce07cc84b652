// The health check of an image: whether the service in it answers, at the port that services read (docs/settings.md).
const { PORT, APP_PORT, HOST } = process.env;
const host = HOST && HOST !== '0.0.0.0' ? HOST : '127.0.0.1';
const answer = await fetch(`http://${host}:${PORT || APP_PORT || 8080}/healthz`).catch(() => undefined);
process.exit(answer?.ok ? 0 : 1);

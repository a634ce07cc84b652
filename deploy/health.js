// The health check of an image: whether the service in it answers, at the port that services read (docs/settings.md).
const { PORT, APP_PORT, HOST } = process.env;
const everywhere = { '0.0.0.0': '127.0.0.1', '::': '::1' };
const host = everywhere[HOST] || HOST || '127.0.0.1';
const answer = await fetch(
  `http://${host.includes(':') ? `[${host}]` : host}:${PORT || APP_PORT || 8080}/healthz`,
).catch(() => undefined);
process.exit(answer?.ok ? 0 : 1);

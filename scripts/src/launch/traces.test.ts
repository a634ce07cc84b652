import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traceEnvironment } from './traces.js';

for (const [endpoint, insecure] of [
  ['http://127.0.0.1:4318', 'true'],
  ['https://collector.example', 'false'],
] as const)
  test(`sidecars are told what services take for granted of ${endpoint}`, () => {
    assert.deepEqual(traceEnvironment(endpoint), {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_INSECURE: insecure,
    });
  });

test('a protocol that is set stays as it is: services say that they do not speak it', () => {
  const { OTEL_EXPORTER_OTLP_PROTOCOL } = traceEnvironment('http://127.0.0.1:4317', 'grpc');
  assert.equal(OTEL_EXPORTER_OTLP_PROTOCOL, 'grpc');
});

test('without a collector nothing is added', () => {
  for (const none of [undefined, '']) assert.deepEqual(traceEnvironment(none), {});
});

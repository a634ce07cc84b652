/**
 * What has services and sidecars send their spans to one collector.
 *
 * @param endpoint its address, as `OTEL_EXPORTER_OTLP_ENDPOINT` has it; without one there are no traces
 * @param protocol as `OTEL_EXPORTER_OTLP_PROTOCOL` has it
 */
export function traceEnvironment(endpoint: string | undefined, protocol?: string): Record<string, string> {
  if (!endpoint) return {};
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    // A sidecar's own default is gRPC, which services do not speak.
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol || 'http/protobuf',
    // A sidecar takes no notice of the address's scheme.
    OTEL_EXPORTER_OTLP_INSECURE: String(endpoint.startsWith('http:')),
  };
}

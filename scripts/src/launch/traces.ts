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

/**
 * What has them send their spans to the collector of this launch, whatever is set for another one.
 *
 * @param endpoint its address
 */
export function ownTraceEnvironment(endpoint: string): Record<string, string> {
  return {
    ...traceEnvironment(endpoint),
    // These come before those for all signals; what is set to nothing counts as unset.
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: '',
  };
}

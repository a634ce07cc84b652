import type { App } from '../launch/run-file.js';
import { DAPRD_FLAGS } from '../launch/run-file-keys.js';
import type { Plan } from './plan.js';

/** Keys of a run file that mean on Kubernetes what they mean on one machine; there the annotation is named as daprd's flag is. */
const SAME_EVERYWHERE = [
  'appProtocol',
  'appMaxConcurrency',
  'maxBodySize',
  'readBufferSize',
  'enableApiLogging',
  'enableAppHealthCheck',
  'appHealthCheckPath',
  'appHealthProbeInterval',
  'appHealthProbeTimeout',
  'appHealthThreshold',
] as const satisfies readonly (keyof App)[];

/** Where a sidecar's own metrics are. */
export const SIDECAR_METRICS_PORT = 9090;

/**
 * What Dapr's injector makes the sidecar of a pod from:
 * https://docs.dapr.io/reference/arguments-annotations-overview/
 */
export function sidecarAnnotations(plan: Plan): Record<string, string> {
  const { id, app, port, isEdge, memory } = plan;
  const fromRunFile = SAME_EVERYWHERE.flatMap((key) => {
    const value = app[key];
    const flag = DAPRD_FLAGS.get(key);
    return value === undefined || flag === undefined ? [] : [[`dapr.io/${flag}`, String(value)] as const];
  });
  return {
    'dapr.io/enabled': 'true',
    'dapr.io/app-id': id,
    'dapr.io/app-port': String(port),
    'dapr.io/config': id,
    ...Object.fromEntries(fromRunFile),
    ...(!isEdge && { 'dapr.io/app-token-secret': 'app-api-token' }),
    'dapr.io/log-level': 'info',
    'dapr.io/log-as-json': 'true',
    'dapr.io/enable-native-sidecar': 'true',
    'dapr.io/disable-builtin-k8s-secret-store': 'true',
    'dapr.io/metrics-port': String(SIDECAR_METRICS_PORT),
    'dapr.io/sidecar-cpu-request': '50m',
    'dapr.io/sidecar-memory-request': `${memory.sidecar.usual}Mi`,
    'dapr.io/sidecar-memory-limit': `${memory.sidecar.most}Mi`,
  };
}

import { EDGE } from '../edge.js';
import type { Plan, Plans } from './plan.js';
import { SIDECAR_METRICS_PORT } from './sidecar-annotations.js';

/** Where each service has its metrics, and nothing else: the port that OpenTelemetry gives to them. */
export const METRICS_PORT = 9464;

/** Where a sidecar hears other sidecars. */
const SIDECAR_PORT = 50002;

/** What holds for every pod. */
export function networkOfAll({ settings }: Plans): string {
  return `# Who may talk to whom. It holds where the cluster's network enforces NetworkPolicies: not all do.
#
# Nobody may, but for what the other policies say.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
---
# Every pod asks DNS (also a cache of names on its node), and its sidecar Dapr's control plane: the operator for its
# resources, Sentry for its certificate, and placement and scheduler, which it dials whether it needs them or not.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: dns-and-dapr}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
        - ipBlock: {cidr: 169.254.20.10/32}
      ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: dapr-system}}
      ports: [{port: 50001}, {port: 6500}, {port: 50005}, {port: 50006}]
---
# Prometheus reaches the metrics of services and sidecars.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: metrics}
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress:
    - from:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ${settings.prometheusNamespace}}}
      ports: [{port: ${METRICS_PORT}}, {port: ${SIDECAR_METRICS_PORT}}]
---
# The edge's sidecar calls the sidecars of the others.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: calls}
spec:
  podSelector: {matchLabels: {app: ${EDGE}}}
  policyTypes: [Egress]
  egress:
    - to:
        - podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [${EDGE}]}]}
      ports: [{port: ${SIDECAR_PORT}}]
`;
}

/** Who may call an app, and where its spans may go. */
export function networkOf({ id, isEdge, port, collector }: Plan): string {
  const [comment, ingress] = isEdge
    ? ['From everywhere, and to its own port alone.', `- ports: [{port: ${port}}]`]
    : [
        "From the edge's sidecar, to the sidecar. The service itself is reached by nobody.",
        `- from: [{podSelector: {matchLabels: {app: ${EDGE}}}}]\n      ports: [{port: ${SIDECAR_PORT}}]`,
      ];
  return `# ${comment}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${id}}
spec:
  podSelector: {matchLabels: {app: ${id}}}
  policyTypes: [Ingress${collector === undefined ? '' : ', Egress'}]
  ingress:
    ${ingress}
${collector === undefined ? '' : tracesTo(collector)}`;
}

/** Where traces go: to a Service of the cluster, by its name and namespace, or to anybody at that port. */
function tracesTo({ hostname, port, protocol }: URL): string {
  const [, namespace, svc] = hostname.split('.');
  const isInCluster = namespace !== undefined && (svc === undefined || svc === 'svc');
  const to = isInCluster
    ? `- to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ${namespace}}}}]\n      ports`
    : '- ports';
  return `  # Traces go to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names.
  egress:
    ${to}: [{port: ${port || (protocol === 'https:' ? 443 : 80)}}]
`;
}

import { IMAGE_NAME, IMAGE_USER } from '../image/image.js';
import { METRICS_PORT } from './network.js';
import type { Plan } from './plan.js';
import { sidecarAnnotations } from './sidecar-annotations.js';
import { indented, inline, mapping } from './yaml.js';

/** A Deployment, and the ServiceAccount that it runs as. */
export function deployment(plan: Plan): string {
  const {
    id,
    isEdge,
    compiledMib,
    command,
    workingDir,
    port,
    startSeconds,
    graceSeconds,
    cpu,
    memory,
    memoryMib,
  } = plan;
  return `# Who the pods are to Dapr's control plane. No token of Kubernetes' API in them: nothing here calls it.
apiVersion: v1
kind: ServiceAccount
metadata: {name: ${id}}
automountServiceAccountToken: false
---
# No number of replicas: it is one, until you or the autoscaler say otherwise, and applying this again changes nothing of that.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${id}
  labels: {app: ${id}}
spec:
  selector: {matchLabels: {app: ${id}}}
  # The old pods serve until the new ones are ready, and on if those never are.
  strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
  template:
    metadata:
      labels: {app: ${id}}
      annotations:
        # The sidecar is native: it starts before the service and ends behind it, so that a call on its way is answered.
        # Its store of secrets is Kubernetes' API, for which there is no token.
${indented(8, mapping(quoted(sidecarAnnotations(plan))))}
        prometheus.io/scrape: "true"
        prometheus.io/path: /metrics
        prometheus.io/port: "${METRICS_PORT}"
    spec:
      serviceAccountName: ${id}
      automountServiceAccountToken: false
      # What Services there are is nobody's business, and would be some of the environment.
      enableServiceLinks: false
      # DRAIN_MS, SHUTDOWN_MS and the sidecar's own end.
      terminationGracePeriodSeconds: ${graceSeconds}
      securityContext:
        runAsNonRoot: true
        runAsUser: ${IMAGE_USER}
        runAsGroup: ${IMAGE_USER}
        seccompProfile: {type: RuntimeDefault}
      # Spread over zones and nodes where there are several; where not, a pod runs all the same.
      topologySpreadConstraints:
        - {topologyKey: topology.kubernetes.io/zone, maxSkew: 1, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: ${id}}}}
        - {topologyKey: kubernetes.io/hostname, maxSkew: 1, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: ${id}}}}
${compiledMib === undefined ? '' : compiledVolume(compiledMib)}      containers:
        - name: ${id}
          image: ${IMAGE_NAME}
          imagePullPolicy: IfNotPresent
          workingDir: ${workingDir}
          command: [${command.map(inline).join(', ')}]
          envFrom:
            - configMapRef: {name: settings}
          env:
            # The kubelet's probes come to the pod's address; the sidecar comes by loopback.
            - {name: HOST, value: 0.0.0.0}
            - {name: APP_ID, value: ${id}}
            - {name: APP_PORT, value: "${port}"}
            - {name: METRICS_PORT, value: "${METRICS_PORT}"}
${isEdge ? EDGE_DRAIN : SERVICE_DRAIN}
${indented(12, variables(plan))}${isEdge ? '' : TOKEN}
          ports:
            - {name: http, containerPort: ${port}}
            - {name: metrics, containerPort: ${METRICS_PORT}}
          # Long enough for functions that are compiled at start; a service that cannot start ends by itself.
          startupProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 1, failureThreshold: ${startSeconds}}
          readinessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 3}
          # By TCP alone: who is busy, or has no function ready, is not helped by being killed.
          livenessProbe: {tcpSocket: {port: http}, periodSeconds: 10, failureThreshold: 6}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
${compiledMib === undefined ? '' : COMPILED_MOUNT}          resources:
            # ${isEdge ? 'Usual inputs.' : 'Usual inputs. Without `instances` or INSTANCES there are as many instances as processors in the limit.'}
            requests: {cpu: ${processors(cpu / 2)}, memory: ${memory.usual}Mi}
            # More than any inputs take, in MiB:
${indented(
  12,
  memory.reasons.map((reason) => `#   ${reason}`),
)}
            limits: {cpu: ${processors(cpu)}, memory: ${memoryMib}Mi}
`;
}

function compiledVolume(mib: number): string {
  return `      # Functions that were compiled for more than the node's processor has are compiled anew into it.
      volumes: [{name: compiled, emptyDir: {sizeLimit: ${mib}Mi}}]
`;
}

const COMPILED_MOUNT = `          volumeMounts: [{name: compiled, mountPath: /tmp}]
`;

const EDGE_DRAIN = `            # How long a pod that is to end still serves: until all know that it has left the Service. Each answer closes
            # its connection meanwhile, so that its client comes to another pod.`;

const SERVICE_DRAIN = `            # How long a pod that is to end still serves: its callers' sidecars know its address for up to 20 s more.`;

const TOKEN = `
            # Only who knows it, as the sidecar does, gets an answer of a function.
            - {name: APP_API_TOKEN, valueFrom: {secretKeyRef: {name: app-api-token, key: token}}}`;

function variables({ env }: Plan): string[] {
  return Object.entries(env).map(([name, value]) => `- {name: ${name}, value: ${inline(value)}}`);
}

/** Annotations are texts: what YAML would read as something else is quoted. */
function quoted(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [
      key,
      /^[a-z/][\w./-]*$/.test(value) && !/^(true|false)$/.test(value) ? value : inline(value),
    ]),
  );
}

/** As Kubernetes writes processors: whole ones, or thousandths. */
function processors(count: number): string {
  return Number.isInteger(count) ? `"${count}"` : `${Math.round(count * 1000)}m`;
}

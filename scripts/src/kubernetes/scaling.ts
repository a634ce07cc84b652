import type { Plan } from './plan.js';

/** More pods by the CPU that the app's own container uses, of what it asks for (half of its limit), in percent. */
const BUSY_PERCENT = 70;

/** How an app scales, and how many of its pods may be taken away at once. */
export function scaling({ id, replicas }: Plan): string {
  return `# As many pods as the service's own container needs by its CPU; the sidecar's does not count. It needs metrics-server.
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: ${id}}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ${id}}
  minReplicas: ${replicas.min}
  maxReplicas: ${replicas.max}
  metrics:
    - type: ContainerResource
      containerResource: {name: cpu, container: ${id}, target: {type: Utilization, averageUtilization: ${BUSY_PERCENT}}}
---
# Who empties a node takes one pod of it at a time.
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: ${id}}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app: ${id}}}
`;
}

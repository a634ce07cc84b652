import { IMAGE_NAME } from '../image/image.js';
import type { Plans } from './plan.js';
import { indented, inline } from './yaml.js';

const HEAD = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
`;

/** What all overlays have. */
export function base({ apps, settings }: Plans, version: string): string {
  const files = ['namespace.yaml', 'network.yaml', 'resiliency.yaml', ...apps.map(({ id }) => `${id}.yaml`)];
  const literals = Object.entries(settings.env).map(([name, value]) => `- ${inline(`${name}=${value}`)}`);
  return `${HEAD}namespace: ${settings.namespace}
resources:
${indented(
  2,
  files.map((file) => `- ${file}`),
)}
images:
  - {name: ${IMAGE_NAME}, newTag: ${inline(version)}}
# \`env\` of settings.yaml. Its name gets a checksum: pods are replaced when it changes.
configMapGenerator:
  - name: settings
    literals: ${literals.length === 0 ? '[]' : `\n${indented(6, literals)}`}
`;
}

/** A cluster on one machine. */
export function local(): string {
  return `# For a cluster on one machine: a pod of each app, and no autoscaler.
${HEAD}resources: [../../base]
patches:
  # All of it fits on two processors; the limits stay.
  - target: {kind: Deployment}
    patch: |
      - {op: replace, path: /spec/template/spec/containers/0/resources/requests/cpu, value: 50m}
`;
}

/** Several nodes. */
export function production({ apps, settings }: Plans): string {
  return `# Several pods of each app, as many as they have to do; one at a time goes when a node is emptied.
${HEAD}namespace: ${settings.namespace}
resources:
  - ../../base
${indented(
  2,
  apps.map(({ id }) => `- ${id}.yaml`),
)}
`;
}

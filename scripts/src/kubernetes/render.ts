import path from 'node:path';
import { version } from '../image/image.js';
import { root } from '../paths.js';
import { SetupError } from '../setup/errors.js';
import { readSidecarRules, resiliency, type SidecarRules, sidecarConfiguration } from './dapr-resources.js';
import { deployment } from './deployment.js';
import { base, local, production } from './kustomizations.js';
import { networkOf, networkOfAll } from './network.js';
import { type Plan, type Plans, planApps } from './plan.js';
import { scaling } from './scaling.js';
import { readSettings } from './settings.js';

const HEAD = `# Rendered by \`npm run kubernetes\`: change dapr.yaml, a function.yaml or deploy/kubernetes/settings.yaml, not this.\n`;

/** The files of a folder `deploy/kubernetes`, by their paths in it. */
export type Manifests = ReadonlyMap<string, string>;

/**
 * The manifests that a run file, the functions' manifests and the operator's settings make.
 *
 * @param settingsFile the operator's `settings.yaml`
 * @param folder the folder of all functions
 * @throws SetupError, LaunchError, ManifestError if one of them is not usable
 */
export async function renderManifests(
  runFile: string,
  settingsFile: string,
  folder?: string,
): Promise<Manifests> {
  const plans = await planApps(runFile, await readSettings(settingsFile), folder);
  const rules = await readSidecarRules(path.join(root, 'components/config.yaml'));
  const common: [string, string][] = [
    ['base/kustomization.yaml', base(plans, await version())],
    ['base/namespace.yaml', namespace(plans)],
    ['base/network.yaml', networkOfAll(plans)],
    ['base/resiliency.yaml', resiliency(plans)],
  ];
  requireFreeNames(plans, common);
  const files: [string, string][] = [
    ...common,
    ...plans.apps.map((plan): [string, string] => [`base/${plan.id}.yaml`, app(plan, plans, rules)]),
    ['overlays/local/kustomization.yaml', local()],
    ['overlays/production/kustomization.yaml', production(plans)],
    ...plans.apps.map((plan): [string, string] => [`overlays/production/${plan.id}.yaml`, scaling(plan)]),
  ];
  return new Map(files.map(([file, text]) => [file, HEAD + text]));
}

/** @throws SetupError if an app has the name of a file or a resource that is there for all of them */
function requireFreeNames({ apps }: Plans, common: readonly [string, string][]): void {
  const taken = new Set(
    common.flatMap(([file, text]) => [
      path.basename(file, '.yaml'),
      ...[...text.matchAll(/^metadata: \{name: (.+)\}$/gm)].map(([, name]) => name),
    ]),
  );
  for (const { id } of apps)
    if (taken.has(id))
      throw new SetupError(
        `The app ${id} cannot be called so on Kubernetes: what is there for all apps has that name. Give it another appID.`,
      );
}

function app(plan: Plan, plans: Plans, rules: SidecarRules): string {
  const parts = [deployment(plan), sidecarConfiguration(plan, rules, plans), networkOf(plan)];
  return [...parts, ...(plan.isEdge ? [service(plan)] : [])].join('---\n');
}

function service({ id }: Plan): string {
  return `# The one way in from outside of the namespace: an Ingress, a Gateway or a load balancer goes here (docs/kubernetes.md).
apiVersion: v1
kind: Service
metadata: {name: ${id}}
spec:
  selector: {app: ${id}}
  ports: [{name: http, port: 80, targetPort: http}]
`;
}

function namespace({ settings }: Plans): string {
  return `# Nothing that asks for more than the strictest of Kubernetes' rules runs here, sidecars neither.
apiVersion: v1
kind: Namespace
metadata:
  name: ${settings.namespace}
  labels:
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/warn: restricted
    pod-security.kubernetes.io/audit: restricted
`;
}

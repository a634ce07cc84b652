import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { EDGE } from '../edge.js';
import { SetupError } from '../setup/errors.js';
import type { Plan, Plans } from './plan.js';
import { indented, inline } from './yaml.js';

const api = z.strictObject({ name: z.string(), version: z.string(), protocol: z.string() });

const configuration = z.object({
  spec: z.object({
    tracing: z.object({ samplingRate: z.string() }),
    api: z.object({ allowed: z.array(api) }),
  }),
});

/** What a sidecar's Configuration on one machine says that holds on Kubernetes, too. */
export type SidecarRules = z.output<typeof configuration>['spec'];

/**
 * Reads the Configuration of the sidecars on one machine.
 *
 * @throws SetupError if it is not one, or says nothing of tracing or the API
 */
export async function readSidecarRules(file: string): Promise<SidecarRules> {
  const content: unknown = parse(await readFile(file, 'utf8'));
  const { data } = configuration.safeParse(content);
  if (data === undefined)
    throw new SetupError(
      `${file} is no Configuration of Dapr with spec.tracing.samplingRate and spec.api.allowed.`,
    );
  return data.spec;
}

/** The Configuration of an app's sidecar. */
export function sidecarConfiguration(plan: Plan, rules: SidecarRules, { settings }: Plans): string {
  const { id, isEdge, collector } = plan;
  const allowed = isEdge ? rules.api.allowed : rules.api.allowed.filter(({ name }) => name === 'metadata');
  return `# No name resolution: names are the cluster's DNS. Certificates are Sentry's.
apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata: {name: ${id}}
spec:
  # Each call carries a trace id, which the services log.
  tracing:
    samplingRate: ${inline(rules.tracing.samplingRate)}${otel(collector)}
  metrics: {enabled: true, http: {increasedCardinality: false}}
  # ${isEdge ? 'It calls the others; what is not listed answers 404.' : 'It calls nobody; what is not listed answers 404.'}
  api:
    allowed:
${indented(
  6,
  allowed.map(
    ({ name, version, protocol }) => `- {name: ${name}, version: ${version}, protocol: ${protocol}}`,
  ),
)}
${isEdge ? CLOSED : OPEN_TO_EDGE.replace('NAMESPACE', settings.namespace)}`;
}

const CLOSED = `  # Nobody calls it through Dapr.
  accessControl: {defaultAction: deny, trustDomain: public}
`;

const OPEN_TO_EDGE = `  # ${EDGE} alone, by the identity in its certificate: to run a function, and for nothing else.
  accessControl:
    defaultAction: deny
    trustDomain: public
    policies:
      - appId: ${EDGE}
        namespace: NAMESPACE
        trustDomain: public
        defaultAction: deny
        operations:
          - {name: /functions/*, httpVerb: [POST], action: allow}
          # The article's address, of the services that have it.
          - {name: /api/image, httpVerb: [POST], action: allow}
`;

/** How the edge's sidecar calls the others. */
export function resiliency({ apps }: Plans): string {
  const called = apps.filter(({ isEdge }) => !isEdge).map(({ id }) => `${id}: {retry: unreached}`);
  return `# What did not reach an app (gRPC's status 14) is sent again: a sidecar knows the address of a pod that is gone for up to 20 s,
# and each try takes any of those it knows. Of two, six tries in a row meet the dead one every 64th time, which was seen;
# twenty-one, which take 4 s, never. What an app answered is never asked for again, be it a 422 or a 503: 599 is
# nobody's status, and an empty list would mean all. A function only computes, so an input that runs twice does no harm.
#
# No timeout and no circuit breaker, for the same reasons as on one machine: docs/decisions/no-resiliency-policies.md
apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: {name: resiliency}
scopes: [${EDGE}]
spec:
  policies:
    retries:
      unreached:
        policy: constant
        duration: 200ms
        maxRetries: 20
        matching: {httpStatusCodes: "599", gRPCStatusCodes: "14"}
  targets:
    apps:
${indented(6, called)}
`;
}

/** Where sidecars send their spans: where the services do. */
function otel(collector: URL | undefined): string {
  if (collector === undefined) return '';
  const { host, protocol } = collector;
  return `\n    otel: {endpointAddress: ${inline(host)}, isSecure: ${protocol === 'https:'}, protocol: http}`;
}

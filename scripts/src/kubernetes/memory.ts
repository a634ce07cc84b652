import { type RunnableFunction, takesPicturesAlone } from '@app/service-kit';

/** A service of functions that has nothing to do: Node, and what it loads. Measured: 50 to 75 MiB, with a parent. */
const SERVICE_MIB = 128;
/** The parent of a function's forks, with what the forks that are ready have of their own. Measured: 27 to 50 MiB with eight. */
const PARENT_MIB = 64;
/** What the kernel lets a fork have beside its function's memory: see SECURITY.md. */
const FORK_MIB = 64;
/** What a picture may cost in a service, its upload, its answer and libvips' share together; `image-bombs.test.ts` holds it to that. */
const PICTURE_MIB = 200;
/** What an instance takes of a usual photo, with the service's part of it. Measured: 150 to 250 MiB in all, with two. */
const USUAL_MIB = 48;
/** What a form takes that sends its input without a file name, of its size, for a moment; see SECURITY.md. */
const FORM_SHARE = 4;
/** A function that is compiled when the service starts, one after the other. Measured: 250 MB. */
const COMPILER_MIB = 256;

/** A sidecar through which inputs pass. Measured: 95 to 108 MiB. */
const SIDECAR_MIB = 128;

const PAGES_PER_MIB = 16;
const BYTES_PER_MIB = 1024 ** 2;

/** Memory of a container, in MiB. */
export interface Memory {
  /** What it takes with usual inputs: what a node sets aside for it. */
  readonly usual: number;
  /** More than it takes whatever it is sent, so that it is never killed for it. */
  readonly most: number;
  /** The same of its sidecar. */
  readonly sidecar: { readonly usual: number; readonly most: number };
  /** How `most` came about, for whoever reads the manifest. */
  readonly reasons: readonly string[];
}

/**
 * The memory of a service of functions, by their limits: nothing that is sent takes more.
 *
 * @param options `mayCompile`: whether it may have to compile them itself
 */
export function memoryOfService(
  functions: readonly RunnableFunction[],
  { mayCompile = false }: { mayCompile?: boolean } = {},
): Memory {
  const base = SERVICE_MIB + (mayCompile ? COMPILER_MIB : 0);
  const parts = functions.map((each) => {
    const { name, instances, queue, limits } = each;
    const memory = Math.ceil(limits.memoryPages / PAGES_PER_MIB);
    const input = mib(limits.inputBytes);
    const held = Math.max(input + mib(limits.outputBytes), takesPicturesAlone(each) ? PICTURE_MIB : 0);
    const instance = memory + FORK_MIB + held;
    const most = PARENT_MIB + instances * instance + queue * input;
    return {
      usual: PARENT_MIB + instances * Math.min(USUAL_MIB, instance),
      most,
      reason: `${name}: ${PARENT_MIB} + ${instances} instances x (${memory} + ${FORK_MIB} + ${held} in the service) + ${queue} waiting x ${input} = ${most}`,
    };
  });
  return {
    usual: parts.reduce((sum, { usual }) => sum + usual, SERVICE_MIB),
    most: parts.reduce((sum, { most }) => sum + most, base),
    sidecar: { usual: SIDECAR_MIB, most: 2 * SIDECAR_MIB },
    reasons: [
      `service: ${SERVICE_MIB}`,
      ...(mayCompile ? [`compiling at start: ${COMPILER_MIB}`] : []),
      ...parts.map(({ reason }) => reason),
    ],
  };
}

/**
 * The memory of the edge, which holds each input in one piece until the function has answered. So does its sidecar, as long as
 * there is a policy of retries.
 */
export function memoryOfEdge(requests: number, inputBytes: number): Memory {
  const input = mib(inputBytes);
  return {
    usual: SERVICE_MIB,
    most: SERVICE_MIB + requests * FORM_SHARE * input,
    sidecar: { usual: SIDECAR_MIB, most: SIDECAR_MIB + requests * input },
    reasons: [`service: ${SERVICE_MIB}`, `${requests} requests at once x ${FORM_SHARE} x ${input}, as forms`],
  };
}

function mib(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_MIB);
}

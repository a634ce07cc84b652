import type { Deadline } from '@app/service-kit';
import { Problem } from '@app/service-kit';
import type { Request, Response } from 'express';

/** One picture on its way to a function. */
export interface Hello {
  readonly request: Request;
  readonly response: Response;
  readonly image: Buffer;
  readonly deadline: Deadline;
}

/** Passes a picture on to the service of one function, and its answer back. */
export type Route = (hello: Hello) => Promise<void>;

/** The values of the header `api`, each with the original's name for it as an alias. */
const APIS = { grayscale: 'grayscale', rs: 'grayscale', classify: 'classify', go: 'classify' } as const;

/** The functions that can be asked for. */
export type Api = (typeof APIS)[keyof typeof APIS];

/**
 * The function that a request asks for by its header `api`; `grayscale` where it has none.
 *
 * @throws Problem 400 for a value that names no function
 */
export function apiOf(request: Request): Api {
  const name = request.get('api') ?? 'grayscale';
  if (isApiName(name)) return APIS[name];
  throw new Problem(
    400,
    'ERR_API',
    `The header api: ${JSON.stringify(name)} names no function. Use one of ${Object.keys(APIS).join(', ')}.`,
  );
}

function isApiName(name: string): name is keyof typeof APIS {
  return Object.hasOwn(APIS, name);
}

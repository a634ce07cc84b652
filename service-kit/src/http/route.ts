import type { Request } from 'express';
import { z } from 'zod';

const matched = z.object({ path: z.string() });

/** The path of the route that a request has found, not of the request: strangers must not be able to make labels. */
export function routeOf(request: Request): string {
  const route = matched.safeParse(request.route);
  return route.success ? route.data.path : 'other';
}

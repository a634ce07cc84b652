import type { ErrorRequestHandler, RequestHandler } from 'express';
import { Problem } from './problem.js';
import { problemOf } from './problem-of.js';

/** For what no route answers. */
export const notFound: RequestHandler = (request) => {
  throw new Problem(404, 'ERR_NOT_FOUND', `There is no ${request.method} ${request.path} here.`);
};

/** Answers every error as `application/problem+json`, and leaves it, with its cause, to the request's log line. */
export const answerProblem: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  if (response.headersSent || response.destroyed) {
    response.err ??= error instanceof Error ? error : new Error(String(error));
    // Too late for another answer: the client must see that this one is not whole.
    response.destroy();
    return;
  }
  const problem = problemOf(error);
  response.err = problem;
  if (problem.retryAfter !== undefined) response.set('Retry-After', String(problem.retryAfter));
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
};

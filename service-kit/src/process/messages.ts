/** The message of a request's line in the log. */
export const REQUEST_MESSAGE = 'request';

/** The message of the log's lines that are what a function wrote. */
export const STDERR_MESSAGE = 'the function wrote to stderr';

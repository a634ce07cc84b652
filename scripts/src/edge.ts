/** The one app that is open to others, and that calls the rest. */
export const EDGE = 'web-port';

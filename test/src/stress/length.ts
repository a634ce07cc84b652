/** Whether this is `npm run stress`, which takes its time; `npm test` runs the same tests in their short form. */
export const isLong = process.env.TEST_LENGTH === 'long';

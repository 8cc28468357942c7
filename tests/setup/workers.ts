/**
 * How many test files run at the same time, each in a world of its own: more than most machines have processors, since all of
 * them wait for a database now and then.
 */
export const WORKERS = 3;

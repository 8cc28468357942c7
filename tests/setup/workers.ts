/** How many test files run at the same time. More than most machines have processors: many of them wait. */
export const WORKERS = 3;

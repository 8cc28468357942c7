/** How many test files run at the same time, each in a world of its own. Two processors carry no more of them. */
export const WORKERS = 2;

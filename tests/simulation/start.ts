/** When every seed begins, in ms since the epoch: a Monday morning in Beijing. */
export const START = Date.UTC(2026, 2, 2, 1);

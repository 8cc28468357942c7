/** Whatever call of an order or a payment fails, and however, and wherever the jobs break off: all is well in the end. */
import "./begin.ts";
import { CLOSINGS } from "./operations/closings.ts";
import { COMBINED } from "./operations/combined.ts";
import { JOBS } from "./operations/jobs.ts";
import { PAYMENTS } from "./operations/payments.ts";
import { expectRecovery } from "./support.ts";

expectRecovery([...PAYMENTS, ...CLOSINGS, ...COMBINED, ...JOBS]);

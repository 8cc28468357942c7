/** The same for money that goes back or came beside its order, and for what operators do. */
import "./begin.ts";
import { DECISIONS } from "./operations/decisions.ts";
import { RECEIPTS } from "./operations/receipts.ts";
import { REFUNDS } from "./operations/refunds.ts";
import { STOCK } from "./operations/stock.ts";
import { expectRecovery } from "./support.ts";

expectRecovery([...REFUNDS, ...DECISIONS, ...RECEIPTS, ...STOCK]);

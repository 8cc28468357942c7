/** To be imported before anything else: virtual time and seeded chance for the shop and its providers. */
import { takeOver } from "../simulation/engine/take-over.ts";

takeOver();

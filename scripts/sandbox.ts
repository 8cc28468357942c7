/** `npm run sandbox`: the simulator alone, without a shop. */
import "../sandbox/main.ts";

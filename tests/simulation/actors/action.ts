/** Something that somebody may do next. */
import type { Simulation } from "../simulation.ts";

export interface Action {
  readonly name: string;
  /** How often it is chosen, beside the others. */
  readonly weight: number;
  /** Begins it. Returns false when there is nothing to do it to. */
  begin(simulation: Simulation): boolean | Promise<boolean>;
}

import type { Inputs } from "./inputs.ts";

/** Whether an expectation is met, where it may be put in more than one way. */
export type Meets = (expected: unknown) => boolean;

/** What our code makes of a vector's inputs, by the names of expectations. Undefined is a refusal of the inputs. */
export type Result = Readonly<Record<string, string | boolean | Meets | undefined>>;

/** A kind of vector. Throws KeyFormatError for keys that are refused. */
type Kind = (inputs: Inputs) => Promise<Result>;

export type Kinds = Readonly<Record<string, Kind>>;

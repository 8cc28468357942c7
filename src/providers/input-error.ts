/** Input that a provider would not take, found before anything is sent. Its words may be shown to the caller. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly code = "BAD_INPUT";
  /** The field at fault, in the provider's words, such as `scene_info.store_info.id`. */
  readonly field: string;
  /** What is wrong with it. Never holds the value. */
  readonly problem: string;

  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`);
    this.field = field;
    this.problem = problem;
  }
}

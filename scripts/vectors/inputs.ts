/** A vector's inputs, by name. Vectors are written by hand: numbers may be text, and what is empty may be left out. */

/** An input that a vector can't do without. */
export class MissingInputError extends Error {
  override readonly name = "MissingInputError";

  constructor(name: string) {
    super(`inputs.${name} is missing`);
  }
}

export class Inputs {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined && this.#values[name] !== null;
  }

  /** Text; numbers and objects as they would be written. Throws MissingInputError. */
  text(name: string): string {
    if (!this.has(name)) throw new MissingInputError(name);
    return asText(this.#values[name]);
  }

  /** Text, empty when there is none. */
  textOrEmpty(name: string): string {
    return this.has(name) ? this.text(name) : "";
  }

  /** A number. Throws MissingInputError. */
  number(name: string): number {
    return Number(this.text(name));
  }

  /** The members of an object, as text. Throws MissingInputError. */
  members(name: string): readonly (readonly [name: string, value: string])[] {
    const value = this.#values[name];
    if (typeof value !== "object" || value === null) throw new MissingInputError(name);
    return Object.entries(value).map(([member, content]) => [member, asText(content)] as const);
  }

  /** Headers: each may stand in a list of its own. Throws MissingInputError. */
  headers(name: string): readonly (readonly [name: string, value: string])[] {
    const value = this.#values[name];
    if (typeof value !== "object" || value === null) throw new MissingInputError(name);
    return Object.entries(value).map(([header, content]) => [header, asText(only(content))] as const);
  }
}

function only(content: unknown): unknown {
  return Array.isArray(content) && content.length === 1 ? content[0] : content;
}

function asText(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Round trips held at a named point until a test lets them go on: how interleavings are forced without sleeping. */

/** After this long a held round trip goes on by itself, so that a failed test leaves nothing hanging. */
const HOLD_LIMIT_MS = 60_000;

export class Pauses {
  readonly #held = new Map<string, (() => void)[]>();
  readonly #watchers = new Map<string, (() => void)[]>();

  /** Holds the caller at `name` until resumed. */
  async hold(name: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.resume(name), HOLD_LIMIT_MS);
    this.#held.set(name, [...(this.#held.get(name) ?? []), resolve]);
    for (const watcher of this.#watchers.get(name) ?? []) watcher();
    this.#watchers.delete(name);
    await promise;
    clearTimeout(timer);
  }

  /** Lets everything held at `name` go on. False when nothing is. */
  resume(name: string): boolean {
    const held = this.#held.get(name) ?? [];
    this.#held.delete(name);
    for (const resolve of held) resolve();
    return held.length > 0;
  }

  resumeAll(): void {
    for (const name of this.names()) this.resume(name);
  }

  /** The points at which something is held now. */
  names(): string[] {
    return [...this.#held.keys()];
  }

  /** Resolves to true once something is held at `name`, to false after `limitMs`. */
  async reached(name: string, limitMs: number): Promise<boolean> {
    if (this.#held.has(name)) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), limitMs);
    this.#watchers.set(name, [...(this.#watchers.get(name) ?? []), () => resolve(true)]);
    const reached = await promise;
    clearTimeout(timer);
    return reached;
  }
}

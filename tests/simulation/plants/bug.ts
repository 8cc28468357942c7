/** A known bug, as changes to the shop's source. */
export interface Bug {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** A seed that is known to catch it. A changed shop may need another: `npm run simulate -- --seeds 200 --plant NAME`. */
  readonly seed: number;
}

interface Edit {
  /** Below the repository's root. */
  readonly file: string;
  /** Stands in it once, or the bug can't be planted. */
  readonly find: string;
  readonly instead: string;
}

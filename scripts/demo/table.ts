/** A table of steps on a terminal, with Chinese text in line. */

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

function width(text: string): number {
  return [...text].reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);
}

function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - width(text)));
}

/** Prints rows one by one, as they happen, under a heading. */
export class Table {
  readonly #columns: readonly number[];
  #step = 0;

  constructor(headings: readonly string[], columns: readonly number[]) {
    this.#columns = columns;
    this.#print(["", ...headings]);
    this.#print(["--", ...columns.map((column) => "-".repeat(column))]);
  }

  row(...cells: readonly string[]): void {
    this.#step++;
    this.#print([String(this.#step), ...cells]);
  }

  #print([first = "", ...cells]: readonly string[]): void {
    const text = cells.map((cell, index) => pad(cell, this.#columns[index] ?? 0)).join("  ");
    console.log(`${first.padStart(3)}  ${text}`.trimEnd());
  }
}

/** Reads Prometheus' text format, version 0.0.4, and takes nothing that the format does not allow. */

interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: ParsedSample[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)/;
const HELP = new RegExp(`^# HELP (${NAME}) (.*)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.+)\\})? (-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?)$`);

/** Every family by its name. Throws at the first line that is not in order. */
export function parsePrometheus(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let help: [string, string] | undefined;
  let current: [string, Family] | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const [, helped, words = ""] = HELP.exec(line) ?? [];
    const [, typed, type = ""] = TYPE.exec(line) ?? [];
    if (helped !== undefined) {
      if (help) throw new Error(`no TYPE before ${line}`);
      help = [helped, words];
    } else if (typed !== undefined) {
      if (help?.[0] !== typed || families.has(typed)) throw new Error(`out of place: ${line}`);
      current = [typed, { type, help: help[1], samples: [] }];
      families.set(...current);
      help = undefined;
    } else {
      const sample = sampleOf(line);
      if (!current || help || !belongs(sample.name, current)) throw new Error(`out of place: ${line}`);
      const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
      if (seen.has(key)) throw new Error(`twice: ${line}`);
      seen.add(key);
      current[1].samples.push(sample);
    }
  }
  for (const [name, family] of families) checkFamily(name, family);
  return families;
}

function sampleOf(line: string): ParsedSample {
  const [, name, inside = "", value] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  for (let rest = inside; rest !== ""; ) {
    const [pair, label, text] = LABEL.exec(rest) ?? [];
    if (pair === undefined || label === undefined || label in labels) throw new Error(`labels of ${line}`);
    labels[label] = (text ?? "").replace(/\\(.)/g, (_, escaped) => (escaped === "n" ? "\n" : escaped));
    rest = rest.slice(pair.length);
  }
  return { name, labels, value: Number(value) };
}

function belongs(name: string, [family, { type }]: [string, Family]): boolean {
  if (type !== "histogram") return name === family;
  return ["_bucket", "_sum", "_count"].some((suffix) => name === family + suffix);
}

function checkFamily(name: string, { type, samples, help }: Family): void {
  if (help === "") throw new Error(`${name} has no HELP`);
  if (type === "counter" && !name.endsWith("_total")) throw new Error(`${name} is a counter without _total`);
  if (type === "histogram") checkHistogram(name, samples);
}

function checkHistogram(name: string, samples: readonly ParsedSample[]): void {
  const series = Map.groupBy(samples, ({ labels: { le: _, ...labels } }) =>
    JSON.stringify(Object.entries(labels).sort()),
  );
  for (const [labels, own] of series) {
    const buckets = own.filter((sample) => sample.name === `${name}_bucket`);
    const ends = buckets.map(({ labels: { le } }) => (le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le)));
    const [count] = own.filter((sample) => sample.name === `${name}_count`);
    const isRising = buckets.every(({ value }, index) => value >= (buckets[index - 1]?.value ?? 0));
    const isSorted = ends.every((end, index) => end > (ends[index - 1] ?? Number.NEGATIVE_INFINITY));
    const hasSum = own.some((sample) => sample.name === `${name}_sum`);
    const isWhole = ends.at(-1) === Number.POSITIVE_INFINITY && buckets.at(-1)?.value === count?.value;
    if (!isRising || !isSorted || !hasSum || !isWhole)
      throw new Error(`the histogram ${name} ${labels} is not in order`);
  }
}

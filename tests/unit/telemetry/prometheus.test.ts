import { describe, expect, it } from "vitest";
import { exposition } from "../../../src/telemetry/prometheus.ts";
import { parsePrometheus } from "../../support/prometheus.ts";

describe("the text format", () => {
  it("carries values, labels and histograms as they are", () => {
    const text = exposition([
      { name: "a_total", help: "Counted.", type: "counter", samples: [{ labels: { kind: 'x"y\\z\n' }, value: 3 }] },
      { name: "b", help: "Two\nlines \\.", type: "gauge", samples: [{ value: 0.1 + 0.2 }] },
      {
        name: "c_seconds",
        help: "Times.",
        type: "histogram",
        samples: [{ labels: { provider: "wechat" }, buckets: [{ end: 0.05, below: 1 }], count: 2, sum: 1.5 }],
      },
      { name: "d", help: "Nothing.", type: "gauge", samples: [] },
    ]);
    const found = parsePrometheus(text);
    expect([...found.keys()]).toEqual(["a_total", "b", "c_seconds", "d"]);
    expect(found.get("a_total")?.samples).toEqual([{ name: "a_total", labels: { kind: 'x"y\\z\n' }, value: 3 }]);
    expect(found.get("b")?.samples[0]?.value).toBe(0.1 + 0.2);
    expect(found.get("c_seconds")?.samples.map(({ name, labels, value }) => [name, labels.le, value])).toEqual([
      ["c_seconds_bucket", "0.05", 1],
      ["c_seconds_bucket", "+Inf", 2],
      ["c_seconds_sum", undefined, 1.5],
      ["c_seconds_count", undefined, 2],
    ]);
  });
});

it.each([
  ["a sample without its head", "a 1\n"],
  ["a sample of another metric", "# HELP a A.\n# TYPE a gauge\nb 1\n"],
  ["a family in two parts", "# HELP a A.\n# TYPE a gauge\na 1\n# HELP a A.\n# TYPE a gauge\na 2\n"],
  ["the same series twice", "# HELP a A.\n# TYPE a gauge\na 1\na 2\n"],
  ["a label without quotes", "# HELP a A.\n# TYPE a gauge\na{b=c} 1\n"],
  ["a counter without _total", "# HELP a A.\n# TYPE a counter\na 1\n"],
  ["a last line without an end", "# HELP a A.\n# TYPE a gauge\na 1"],
  [
    "buckets that fall",
    '# HELP a A.\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
  ],
])("the parser of these tests refuses %s", (_, text) => {
  expect(() => parsePrometheus(text)).toThrow();
});

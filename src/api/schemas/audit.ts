import * as z from "zod";
import { type ChainEnd, chainHeadText } from "../../payments/audit/chain-head.ts";
import { GROUNDS, type GroundName } from "../../payments/audit/grounds.ts";
import type { AuditResult, Position } from "../../payments/audit/run-audit.ts";
import type { Verdict } from "../../payments/audit/verdict.ts";

const grounds = Object.keys(GROUNDS).filter((name): name is GroundName => name in GROUNDS);
const position = z.object({ ground: z.enum(grounds), after: z.array(z.string().max(64)).max(4).optional() });

/** Where an audit goes on, as one word that callers hand back as it is. */
const cursor = z
  .string()
  .max(1000)
  .transform((text, context): Position => {
    const found = position.safeParse(parseJson(text)).data;
    if (found && (found.after?.length ?? GROUNDS[found.ground].key.length) === GROUNDS[found.ground].key.length)
      return found;
    context.addIssue({ code: "custom", message: "must be `next` of the part before" });
    return z.NEVER;
  });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const auditInput = z.strictObject({
  sinceDays: z.coerce
    .number<number | string>()
    .int()
    .min(1)
    .max(36_500)
    .optional()
    .meta({ description: "Only what is younger than this; everything when absent" }),
  cursor: cursor.optional().meta({ description: "`next` of the part before" }),
  chainHead: chainHeadText.optional().meta({
    description: "An end of the chain of operators' actions that was kept: whether the chain goes through it",
  }),
});

const VERDICTS = ["in_order", "findings", "unlooked", "unfinished"] as const satisfies readonly Verdict[];

export const auditReport = z
  .object({
    verdict: z.enum(VERDICTS).meta({
      description:
        "Of this part. `unlooked`: some check had nothing to look at, so that zero findings say nothing; `unfinished`: ask again with `next`",
    }),
    checks: z.array(
      z.object({
        name: z.string(),
        title: z.string().meta({ description: "What must be so" }),
        looked: z.int().meta({ description: "How many rows it looked at" }),
        findings: z.int(),
        examples: z.array(z.object({ subject: z.string(), facts: z.string() })),
        meaning: z.string().meta({ description: "What a finding means" }),
        suggestion: z.string().meta({ description: "What an operator might do then" }),
      }),
    ),
    chain: z.object({
      head: z.string().nullable().meta({ description: "The present end of the chain of operators' actions: keep it" }),
      keptHeadFound: z
        .boolean()
        .nullable()
        .meta({ description: "Whether the chain goes through `chainHead`; null without one" }),
    }),
    next: z.string().nullable().meta({ description: "null when all rows have been looked at" }),
  })
  .meta({ id: "Audit" });

type Audited = AuditResult & { readonly verdict: Verdict; readonly chain: ChainEnd };

export function auditView({ results, next, verdict, chain }: Audited) {
  return {
    verdict,
    chain: { ...chain },
    checks: results.map(({ check, ...result }) => {
      const { name, title, meaning, suggestion } = check;
      return { name, title, meaning, suggestion, ...result, examples: [...result.examples] };
    }),
    next: next && JSON.stringify(next),
  };
}

/**
 * The JSON that PlanetScale's HTTP API exchanges with its driver: ConnectRPC over POST, protojson spelling, in which
 * 64-bit integers are strings and empty fields are left out.
 */
import * as z from "zod";

/** What a client sends to Execute. The driver has already put the values into the SQL text. */
export const executeRequest = z.object({
  query: z.string(),
  session: z
    .looseObject({
      signature: z.string(),
      vitessSession: z.looseObject({
        SessionUUID: z.string(),
        inTransaction: z.boolean().default(false),
        shardSessions: z
          .array(z.looseObject({ transactionId: z.string().optional(), reservedId: z.string().optional() }))
          .default([]),
      }),
    })
    .nullish(),
});

/** A session as it travels: opaque to clients, who return what they last received. */
export type WireSession = NonNullable<z.infer<typeof executeRequest>["session"]>;

/** One column of a result. `type` is absent for NULL, whose number in the enumeration is zero. */
export interface WireField {
  readonly name: string;
  readonly type?: string;
  readonly table?: string;
  readonly orgTable?: string;
  readonly database?: string;
  readonly orgName?: string;
  readonly columnLength?: number;
  readonly charset?: number;
  readonly decimals?: number;
  readonly flags?: number;
  readonly columnType?: string;
}

/** One row: lengths in bytes, "-1" for NULL, and the base64 of all values end to end. */
export interface WireRow {
  readonly lengths: readonly string[];
  readonly values?: string;
}

/** What a statement gave back. Counts are absent when zero. */
export interface WireResult {
  readonly fields?: readonly WireField[];
  readonly rows?: readonly WireRow[];
  readonly rowsAffected?: string;
  readonly insertId?: string;
}

export interface WireError {
  readonly code: string;
  readonly message: string;
}

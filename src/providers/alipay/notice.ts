/** Verifying a notice over its raw bytes (Alipay, "asynchronous notification: verifying the signature"). */
import { readForm } from "./form.ts";
import type { FindKeys } from "./node.ts";
import { type FieldsVerification, verifySigned } from "./signed-fields.ts";
import { refuse } from "./verdicts.ts";

/** Verifies a notice and decodes it, in this order. */
export async function verifyNotice(body: Uint8Array, findKeys: FindKeys): Promise<FieldsVerification> {
  const fields = readForm(body);
  return fields
    ? verifySigned([fields], findKeys)
    : refuse("malformed", "the body is not a form, or has a field twice");
}

/** The key of all tests but those about keys. */
import { fieldKeys } from "../../src/config/field-keys.ts";
import { FieldCipher } from "../../src/security/field-cipher.ts";

/** As FIELD_ENCRYPTION_KEYS has it. */
export const FIELD_ENCRYPTION_KEYS = "test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/** Seals and opens with it. */
export const TEST_CIPHER = new FieldCipher(fieldKeys.parse(FIELD_ENCRYPTION_KEYS));

/** A sealed text of nobody's, for statements that carry one along. */
export const SOME_SEALED = await TEST_CIPHER.seal("{}", "nowhere");

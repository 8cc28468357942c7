/** Each file of integration tests begins with empty books: those of one worker share a database and a simulator. */
import { beforeAll, expect } from "vitest";
import { emptyBooks } from "../integration/support/empty-books.ts";
import { openShop } from "../integration/support/shop.ts";

beforeAll(async () => {
  if (expect.getState().testPath?.includes("/integration/")) await emptyBooks(openShop());
});

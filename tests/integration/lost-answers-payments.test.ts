/**
 * A database whose answers get lost, at every single round trip: before the statement took effect or after it, once
 * or until the operation gives up. Its caller repeats it, and all is as if nothing had happened. Here: orders and their payments.
 */
import { afterAll, it } from "vitest";
import { startAfresh } from "./support/afresh.ts";
import { expectLossesMadeUpFor } from "./support/lost-answers.ts";
import { PAYMENT_STORIES } from "./support/payment-stories.ts";

afterAll(startAfresh);

it.each(PAYMENT_STORIES)("$title", { timeout: 120_000 }, (story) => expectLossesMadeUpFor(story));

/** Pages that a browser is sent to: what is recorded of one, and what is signed of it (Alipay, page.pay and wap.pay). */
import * as z from "zod";
import { parseJson } from "../json.ts";
import { checked, webAddress } from "./content-rules.ts";
import { hasNoReturnField } from "./return-url.ts";

/** Everything of a page that must not change when it is signed anew. */
export interface Page {
  /** The biz_content, exactly as it is signed. */
  readonly bizContent: string;
  /** Where the browser comes back to: a parameter of its own, and signed like biz_content. */
  readonly returnUrl?: string;
}

const recordedPage = z.object({ biz_content: z.string(), return_url: z.string().optional() });
const returnUrlRule = z.object({
  return_url: webAddress(256).refine(
    hasNoReturnField,
    "has a parameter that Alipay adds itself, such as method or sign",
  ),
});

/** The text to record for a page. Throws InputError for a return_url that Alipay would not take. */
export function writePage(bizContent: string, returnUrl: string | undefined): string {
  if (returnUrl === undefined) return JSON.stringify({ biz_content: bizContent });
  const { return_url } = checked(returnUrlRule, { return_url: asciiAddress(returnUrl) });
  return JSON.stringify({ biz_content: bizContent, return_url });
}

/** The page that was recorded. Throws RangeError for text that `writePage` did not write. */
export function readPage(recorded: string): Page {
  const page = recordedPage.safeParse(parseJson(recorded)).data;
  if (!page) throw new RangeError("the recorded request is no page");
  return { bizContent: page.biz_content, ...(page.return_url !== undefined && { returnUrl: page.return_url }) };
}

/** An address goes into a redirect some day, which takes ASCII only. */
export function asciiAddress(url: string): string {
  return /^[\x21-\x7e]*$/.test(url) ? url : (URL.parse(url)?.href ?? url);
}

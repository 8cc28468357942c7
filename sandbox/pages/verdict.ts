/** One sentence to a buyer, with a mark above it. */
import { html } from "hono/html";
import type { Html } from "./layout.ts";

export function verdict(mark: "✓" | "×" | "!" | "?", heading: string, text: string, more: Html | "" = ""): Html {
  return html`<section class="card">
<div class="mark ${mark === "✓" ? "" : "off"}" aria-hidden="true">${mark}</div>
<h1 class="center">${heading}</h1>
<p class="center muted">${text}</p>
${more}
</section>`;
}

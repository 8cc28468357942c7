/** The API's description: the OpenAPI document as it is, and as a page that needs nothing from elsewhere. */
import { sha256 } from "@noble/hashes/sha2.js";
import { Hono } from "hono";
import { html } from "hono/html";
import document from "../../docs/openapi.json" with { type: "json" };
import { encodeBase64, utf8 } from "../crypto/bytes.ts";
import type { AppEnv } from "./http.ts";

const CACHE = "public, max-age=300";

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#222}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ddd;padding:.4rem;text-align:left;vertical-align:top}
code{font-size:.9em}li{margin:.2rem 0}`;

/** The page stays in caches, where a nonce would be the same for everybody: its style is allowed by what it is. */
const POLICY = `default-src 'none'; style-src 'sha256-${encodeBase64(sha256(utf8(STYLE)))}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** One operation, as the page shows it. */
interface Row {
  readonly verb: string;
  readonly path: string;
  readonly summary: string;
  readonly roles: string;
  readonly answers: string;
}

/** `/openapi.json` and `/docs`, to be mounted at /api/v1. */
export function docsRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get("/openapi.json", (c) => c.json(document, 200, { "Cache-Control": CACHE }));
  app.get("/docs", (c) => c.html(page(), 200, { "Cache-Control": CACHE, "Content-Security-Policy": POLICY }));
  return app;
}

function rows(): Row[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([verb, operation]) => ({
      verb: verb.toUpperCase(),
      path,
      summary: operation.summary,
      roles: "description" in operation ? operation.description : "The providers, by signature",
      answers: Object.keys(operation.responses)
        .filter((status) => status !== "default")
        .join(", "),
    })),
  );
}

function page() {
  const codes = document.components.schemas.Error.properties.code.description.split("\n");
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>zhongdao-pay API</title><style>${STYLE}</style></head>
<body>
<h1>zhongdao-pay API</h1>
<p>${document.info.description} All paths are below <code>/api/v1</code>; <a href="openapi.json">openapi.json</a> holds every field.</p>
<table>
<tr><th>Request</th><th>What it does</th><th>Answers</th></tr>
${rows().map((row) => html`<tr><td><code>${row.verb} ${row.path}</code></td><td>${row.summary}<br><small>${row.roles}</small></td><td>${row.answers}</td></tr>`)}
</table>
<h2>Error codes</h2>
<ul>${codes.map((line) => html`<li>${line.replace(/^- /, "").replaceAll("`", "")}</li>`)}</ul>
</body>
</html>`;
}

/** Which licences the packages may have. */

/** Of what is part of the service. SPDX identifiers; none of them asks anything of who passes the service on but their texts. */
const SHIPPED = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"] as const;

/** Of tools, besides. They are used as they are, and passed on to nobody. */
const TOOLS = ["CC0-1.0", "LGPL-3.0-or-later", "MPL-2.0", "Unlicense"] as const;

/** Packages that say it in words of their own, and what was read in their licence file. */
const READ: Readonly<Record<string, string>> = { "MIT,Apache2": "MIT OR Apache-2.0" };

/** The SPDX expression that a package's own words mean. */
export function expressionOf(licence: string): string {
  return READ[licence] ?? licence;
}

/** Whether a licence allows what is done with the package. Throws SyntaxError for what is no SPDX expression. */
export function isAllowed(licence: string, isShipped: boolean): boolean {
  const allowed: readonly string[] = isShipped ? SHIPPED : [...SHIPPED, ...TOOLS];
  return evaluate(expressionOf(licence), (id) => allowed.includes(id));
}

/** SPDX: AND binds closer than OR. Exceptions (WITH) are in nobody's use here, and refused. */
function evaluate(expression: string, isTrue: (id: string) => boolean): boolean {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const either = (): boolean => {
    let value = both();
    while (tokens[at] === "OR") {
      at++;
      value = both() || value;
    }
    return value;
  };
  const both = (): boolean => {
    let value = one();
    while (tokens[at] === "AND") {
      at++;
      value = one() && value;
    }
    return value;
  };
  const one = (): boolean => {
    const token = tokens[at++];
    if (token === "(") {
      const value = either();
      if (tokens[at++] !== ")") throw new SyntaxError("a parenthesis is open");
      return value;
    }
    if (token === undefined || !/^[0-9A-Za-z][0-9A-Za-z.-]*$/.test(token) || /^(AND|OR|WITH)$/.test(token)) {
      throw new SyntaxError("no SPDX expression");
    }
    return isTrue(token);
  };
  const value = either();
  if (at < tokens.length) throw new SyntaxError("no SPDX expression");
  return value;
}

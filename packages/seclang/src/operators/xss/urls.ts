/** Character references that turn up in schemes; browsers know two thousand more, none of which helps there. */
const references: ReadonlyMap<string, string> = new Map(
  Object.entries({
    colon: ':',
    tab: '\t',
    newline: '\n',
    lpar: '(',
    rpar: ')',
    sol: '/',
    bsol: '\\',
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'",
    grave: '`',
    comma: ',',
    semi: ';',
  }),
);

/** What a browser makes of an attribute's value. */
export function withoutReferences(value: string): string {
  if (!value.includes('&')) return value;
  return value.replace(
    /&#(?:x([0-9a-f]{1,8})|(\d{1,9}));?|&([a-z]{2,7});?/gi,
    (whole, hex, decimal, name) => {
      if (name !== undefined) return references.get(String(name).toLowerCase()) ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0xffff ? String.fromCharCode(code) : whole;
    },
  );
}

/** How much of a value is looked at for a scheme. */
const maxHead = 400;

/** Whether a URL runs a script: its scheme, read as browsers do, without white space and control characters in it. */
export function runsScript(value: string): boolean {
  const head = withoutReferences(value.slice(0, maxHead)).replace(/[\x00-\x20\x7f]+/g, '');
  if (/^(?:javascript|vbscript|livescript|mocha|jscript|feed:javascript|view-source:javascript):/i.test(head))
    return true;
  return /^data:(?:text\/(?:html|xml|xsl|javascript|vbscript)|image\/svg\+xml|application\/(?:xhtml\+xml|xml|javascript|x-javascript))/i.test(
    head,
  );
}

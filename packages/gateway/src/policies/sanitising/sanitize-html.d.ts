/** sanitize-html brings no types of its own; these are of what is used here. */
declare module 'sanitize-html' {
  interface Options {
    readonly allowedTags: readonly string[];
    readonly allowedAttributes: Readonly<Record<string, readonly string[]>>;
    readonly allowedSchemes: readonly string[];
    readonly allowedSchemesAppliedToAttributes: readonly string[];
    readonly allowProtocolRelative: boolean;
    readonly disallowedTagsMode: 'discard';
    readonly nestingLimit: number;
    readonly parseStyleAttributes: boolean;
  }

  // biome-ignore lint/style/noDefaultExport: it is what the package exports.
  export default function sanitizeHtml(html: string, options: Options): string;
}

/**
 * Operators that the language has and this library has not, with the reason. A rule may name one, as rule sets do beside
 * others that work: it is said when rules are loaded, and the rule never matches, with `!` neither.
 */
export const unsupportedOperators: ReadonlyMap<string, string> = new Map([
  ['geoLookup', 'there is no database of places; refuse countries where the address is known'],
  [
    'rbl',
    'it asks a name server for each request, which would hold the request up and tell others of the client',
  ],
]);

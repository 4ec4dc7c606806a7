interface Ports {
  readonly http: number | undefined;
  readonly https: number | undefined;
  readonly admin: number | undefined;
}

/**
 * What `npm start` prints when it is ready; an e2e test replays every line of it. None gets in the way of another: the
 * limit that one of them uses up is that of an operation which no other calls.
 */
export function banner({ http, https, admin }: Ports, key: string): string {
  const api = `https://localhost:${https}`;
  const token = `npm run -s bookshop:token${https === 8443 ? '' : ` -- --issuer ${api}/oauth`}`;
  return `
  Portcullis stands in front of the Bookshop.

    ${api}        the API (self-signed certificate, hence curl -k)
    http://localhost:${http}         redirects to it
    ${api}/oauth  its OAuth server: sign-in, consent, tokens
    http://127.0.0.1:${admin}/metrics  for Prometheus; /healthz and /readyz

    API key   ${key}
    token     ${token.padEnd(32)}  (alice; ${https === 8443 ? '-- ' : ''}--user bob or admin, or --browser)

  Try it:

    200  curl -ki '${api}/books?limit=2'
    401  curl -ki '${api}/search?q=emma'
    403  curl -ki -H 'x-api-key: ${key}' '${api}/customers'
    400  curl -ki -H 'x-api-key: ${key}' '${api}/search?q=emma&sort=price'
    429  for i in 1 2 3 4 5 6; do curl -ki -H 'x-api-key: ${key}' '${api}/books/1/reviews?limit=1'; done
    308  curl -i 'http://localhost:${http}/books'

  Its configuration is examples/bookshop/portcullis.yaml; a change takes effect when you save it.
  Your own API: npm run -s portcullis -- init --openapi FILE --upstream URL, then npm start -- --config portcullis.yaml
  Ctrl-C ends it.

`;
}

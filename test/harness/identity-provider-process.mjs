// oidc-provider as a process of its own. What it is to be comes as JSON in the environment; over the channel to its
// parent it is told to rotate its keys. In JavaScript, as the package has no types.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const { port, clients, encryptionKey } = JSON.parse(process.env.IDENTITY_PROVIDER ?? '{}');

let handler = (_, reply) => reply.writeHead(503).end();
const server = createServer((request, reply) => handler(request, reply));
server.listen(port, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  let round = 0;
  const turn = () => {
    handler = providerWith(issuer, newKey(`key-${++round}`)).callback();
    process.send({ issuer, round });
  };
  process.on('message', (message) => {
    if (message === 'rotate') turn();
  });
  turn();
});

/** A provider with one signing key: rotation here is the hard one, in which the old key is gone at once. */
function providerWith(issuer, key) {
  const provider = new Provider(issuer, {
    adapter: Memory,
    clients,
    jwks: { keys: [key] },
    scopes: ['orders.read'],
    ttl: { ClientCredentials: 600 },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        // TLS is ended elsewhere, as far as the provider knows.
        getCertificate: (context) => decodeURIComponent(context.get('x-test-certificate')) || undefined,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        useGrantedResource: () => false,
        getResourceServerInfo: (_, resource) => resourceServer(resource),
      },
    },
  });
  provider.on('server_error', (_, error) => process.stderr.write(`${error.stack}\n`));
  return provider;
}

function resourceServer(resource) {
  const encrypt = {
    alg: 'RSA-OAEP-256',
    enc: 'A256GCM',
    key: encryptionKey && createPublicKey(encryptionKey),
  };
  const jwt = { sign: { alg: 'ES256' }, ...(resource.endsWith('/encrypted') && { encrypt }) };
  const opaque = resource.endsWith('/opaque');
  return {
    scope: 'orders.read',
    audience: new URL(resource).hostname,
    ...(opaque ? { accessTokenFormat: 'opaque' } : { accessTokenFormat: 'jwt', jwt }),
  };
}

function newKey(kid) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' };
}

/** What outlives a change of keys, but no restart. */
const kept = new Map();

class Memory {
  constructor(model) {
    this.model = model;
  }
  async upsert(id, payload) {
    kept.set(`${this.model} ${id}`, payload);
  }
  async find(id) {
    return kept.get(`${this.model} ${id}`);
  }
  async destroy(id) {
    kept.delete(`${this.model} ${id}`);
  }
  async consume() {}
  async findByUid() {}
  async findByUserCode() {}
  async revokeByGrantId() {}
}

import type { Environment } from '../../../environment.ts';
import type { Head, Principal } from '../../../exchange.ts';
import { compileAddressSet } from '../../../http/address-set.ts';
import type { OauthUser } from '../../../stores/oauth-users.ts';
import { type Authenticator, type Rejected, rejected } from '../authenticator.ts';
import { basicChallenge } from '../challenges.ts';
import { Credential, several } from '../credential.ts';
import type { BasicConfig } from '../schema.ts';
import { hasTokenParameter, singleField } from '../token-place.ts';
import { basicCredential, readPair } from './pair.ts';
import { type Judged, PasswordDoor } from './password-door.ts';
import { StoredUsers } from './users.ts';

/** Username and password with each request (RFC 7617): those of `portcullis user` that may be used so. */
export function basicAuthenticator(
  name: string,
  { scopes }: BasicConfig,
  environment: Environment,
  door: PasswordDoor = openDoor(environment),
): Authenticator {
  const granted: ReadonlySet<string> = new Set(scopes);
  const loopback = compileAddressSet(['127.0.0.0/8', '::1/128']);
  // A user who is remembered is one object from request to request.
  const principals = new WeakMap<OauthUser, Principal>();

  function principalOf(user: OauthUser): Principal {
    const known = principals.get(user);
    if (known !== undefined) return known;
    const { id, name: called, username } = user;
    const principal: Principal = {
      authenticator: name,
      kind: 'password',
      subject: id,
      client: undefined,
      scopes: granted,
      roles: new Set(user.roles),
      claims: { sub: id, name: called, preferred_username: username },
    };
    principals.set(user, principal);
    return principal;
  }

  /** Of this machine to itself: development, or what ends TLS beside the gateway. */
  function staysHere({ peerAddress, clientAddress }: Head): boolean {
    return loopback.has(peerAddress) && loopback.has(clientAddress);
  }

  function conclude(judged: Judged, request: Head): Principal | Rejected {
    if (judged.kind === 'user') return principalOf(judged.user);
    // Never what was sent as a username: people type their password there. An id is there where there is a user.
    if (judged.user !== undefined) request.note('user', judged.user.id);
    return judged.rejected;
  }

  return {
    name,
    kind: 'password',
    place: 'authorization basic',
    placeField: 'authorization',
    credential({ fields, query }) {
      const value = singleField(fields, 'authorization');
      if (value === undefined || value === several) return value;
      const text = basicCredential(value);
      if (text === undefined) return undefined;
      // Whoever stands behind the gateway may read the other one (RFC 6750 section 2).
      return query !== '' && hasTokenParameter(query) ? several : new Credential(text);
    },
    verify({ text }, request) {
      // Whatever is on the way has read the password by now; a client that works so would send it again and again.
      if (request.scheme !== 'https' && !staysHere(request)) return rejected('basic-plaintext');
      const pair = readPair(text);
      if (typeof pair === 'string') return rejected(pair);
      const judged = door.judge(pair, request.clientAddress);
      return judged instanceof Promise
        ? judged.then((each) => conclude(each, request))
        : conclude(judged, request);
    },
    challenges: [basicChallenge],
    withhold({ upstreamFields }) {
      const value = upstreamFields.get('authorization');
      if (value !== undefined && basicCredential(value) !== undefined) upstreamFields.remove('authorization');
    },
  };
}

/** One for all authenticators and over reloads: else a reload would forget who is known, and let everybody hash anew. */
function openDoor({ keep, stateFolder, counters, secret, now }: Environment): PasswordDoor {
  return keep('password door', () => {
    const users = new StoredUsers(stateFolder);
    return new PasswordDoor({ users, counters, secret, now });
  });
}

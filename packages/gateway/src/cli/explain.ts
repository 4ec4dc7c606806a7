import { atMost, readArguments } from './arguments.ts';
import { principalOptions, readPrincipal } from './asked-principal.ts';
import { readRequest } from './asked-request.ts';
import { type Command, print, usualFile } from './command.ts';
import { explainRequest } from './explanation.ts';
import { explanationJson, explanationText } from './explanation-text.ts';
import { prepareToLook } from './preparation.ts';

export const explain: Command = {
  name: 'explain',
  summary: 'show what a request meets on its way',
  help: `portcullis explain METHOD URL [--as-role R] [--scope S] [--claim NAME=VALUE] [--config FILE] [--json]

Says what becomes of a request, without sending it: how its path is read, which API and operation take it,
who may call, every policy that it meets, in order, and what the upstream sees. Where the method and the URL
alone decide that it is refused, it says why.

  portcullis explain GET 'https://localhost:8443/orders/5?x=1'

Policies are listed phase by phase with their mode, the line where they are written, and their settings as
the file has them: references, never the secrets that they stand for. The URL is taken to the letter, dot
segments included; put it in quotes, as shells read ? and & as signs of their own.

With somebody described, it also says what authorization decides about them, and why: everything that is asked,
in order, up to what is not met.

  portcullis explain GET https://localhost:8443/customers/42 --as-role customer --scope customers:read --claim sub=41

  --as-role R              a role of the caller; may be given several times, as --scope and --claim
  --scope S                a scope of the credential
  --claim NAME=VALUE       a claim of the token; values that look like JSON are read as such, but for sub
  --client C               the client that the credential was given to
  --kind KIND              what the credential is: token (if left out), key, certificate or password; several
                           times for several together, of which the first says who calls
  --from ADDRESS           where the request comes from; also decides whether an internal API is there
  --listener NAME          the internal listener that it comes to; a public one if left out
  --at TIME                when it comes, such as 2026-11-24T16:00:00Z. Default now
  --config FILE, -c FILE   the configuration. Default portcullis.yaml in this folder
  --json                   the same as JSON

Exit code: 0 explained, whatever becomes of the request; 1 the configuration cannot be used; 2 wrong use.`,
  async run(args) {
    const { values, positionals } = readArguments('explain', args, {
      config: { type: 'string', short: 'c' },
      json: { type: 'boolean' },
      ...principalOptions,
    });
    atMost('explain', positionals, 2);
    const asked = readRequest(positionals[0], positionals[1]);
    const by = readPrincipal(values, Date.now());
    const { loaded, gateway, close } = await prepareToLook(values.config ?? usualFile, process.env);
    try {
      const explanation = await explainRequest(asked, loaded, gateway, by);
      print(
        values.json === true
          ? JSON.stringify(explanationJson(explanation, loaded), null, 2)
          : explanationText(explanation, loaded),
      );
    } finally {
      close();
    }
    return 0;
  },
};

import { BroadcastChannel } from 'node:worker_threads';
import { Intermediates } from '../certificates/intermediates.ts';

/** What threads tell each other; nothing else asks the others for what they know. */
type Message = { readonly thumbprint: string; readonly raw: Uint8Array } | 'what do you know?';

/** The certificates of authorities that clients brought, the same on all data threads of this process. */
export function sharedIntermediates(): Intermediates {
  const channel = new BroadcastChannel('portcullis intermediates');
  const post = (message: Message): void => channel.postMessage(message);
  const known = new Intermediates((thumbprint, raw) => post({ thumbprint, raw }));
  channel.onmessage = ({ data }) => {
    const message = data as Message;
    if (message !== 'what do you know?') known.take(message.thumbprint, Buffer.from(message.raw));
    else for (const [thumbprint, raw] of known.all) post({ thumbprint, raw });
  };
  channel.unref();
  // One that takes the place of another begins with what the others have.
  post('what do you know?');
  return known;
}

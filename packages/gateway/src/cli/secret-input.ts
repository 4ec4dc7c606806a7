import type { ReadStream } from 'node:tty';
import { UsageFault } from './command.ts';

const longest = 4096;

/**
 * Reads a password: from a terminal without showing it, twice, or else the first line of stdin. Never from an argument, which
 * the history of the shell and the list of processes would show.
 * @throws UsageFault when there is none, or the two differ
 */
export async function readPassword(what: string): Promise<string> {
  if (!process.stdin.isTTY) return firstLine(process.stdin, what);
  const first = await ask(process.stdin, `${what}: `);
  if (first !== (await ask(process.stdin, `${what}, once more: `)))
    throw new UsageFault('the two passwords differ; nothing was changed');
  return first;
}

async function firstLine(input: AsyncIterable<Uint8Array | string>, what: string): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of input) {
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    if (text.includes('\n') || text.length > longest) break;
  }
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line === '') throw new UsageFault(`${what} is read from stdin, and nothing came`);
  return line;
}

/** In raw mode the terminal shows nothing of what is typed; before the prompt, as whoever is asked may be quick. */
function ask(input: ReadStream, prompt: string): Promise<string> {
  input.setRawMode(true);
  input.setEncoding('utf8');
  input.resume();
  process.stderr.write(prompt);
  return new Promise((resolve, reject) => {
    let text = '';
    const finish = (outcome: () => void): void => {
      input.off('data', take);
      input.setRawMode(false);
      input.pause();
      process.stderr.write('\n');
      outcome();
    };
    const take = (chunk: string): void => {
      for (const character of chunk) {
        if (character === '\r' || character === '\n') return finish(() => resolve(text));
        if (character === '\u0003' || character === '\u0004')
          return finish(() => reject(new UsageFault('nothing was changed')));
        if (character === '\u007f' || character === '\b') text = [...text].slice(0, -1).join('');
        else if (text.length < longest) text += character;
      }
    };
    input.on('data', take);
  });
}

import { type EngineMode, oneOf, wholeNumber } from './control.ts';
import { SyntaxProblem } from './problem.ts';

type LimitAction = 'Reject' | 'ProcessPartial';

/** What the `Sec…` directives beside the rules say. Undefined where none does. Sizes are in bytes, times in seconds. */
export interface Settings {
  ruleEngine: EngineMode | undefined;
  requestBodyAccess: boolean | undefined;
  requestBodyLimit: number | undefined;
  requestBodyNoFilesLimit: number | undefined;
  requestBodyLimitAction: LimitAction | undefined;
  requestBodyJsonDepthLimit: number | undefined;
  argumentsLimit: number | undefined;
  uploadFileLimit: number | undefined;
  responseBodyAccess: boolean | undefined;
  responseBodyLimit: number | undefined;
  responseBodyLimitAction: LimitAction | undefined;
  responseBodyMimeTypes: readonly string[];
  /** Of every rule set that was loaded, such as `OWASP_CRS/3.3.4`. */
  componentSignatures: readonly string[];
  collectionTimeout: number | undefined;
  argumentSeparator: string | undefined;
  cookieFormat: 0 | 1 | undefined;
}

export function emptySettings(): Settings {
  return {
    ruleEngine: undefined,
    requestBodyAccess: undefined,
    requestBodyLimit: undefined,
    requestBodyNoFilesLimit: undefined,
    requestBodyLimitAction: undefined,
    requestBodyJsonDepthLimit: undefined,
    argumentsLimit: undefined,
    uploadFileLimit: undefined,
    responseBodyAccess: undefined,
    responseBodyLimit: undefined,
    responseBodyLimitAction: undefined,
    responseBodyMimeTypes: [],
    componentSignatures: [],
    collectionTimeout: undefined,
    argumentSeparator: undefined,
    cookieFormat: undefined,
  };
}

type Change = (settings: Settings) => void;

const onOff = (word: string): boolean => oneOf(word, ['On', 'Off']) === 'On';
const limitAction = (word: string): LimitAction => oneOf(word, ['Reject', 'ProcessPartial']);

/** By the directive's name in small letters: reads its words, and gives what it changes. */
const settings: ReadonlyMap<string, (words: readonly string[]) => Change> = new Map([
  one('SecRuleEngine', 'ruleEngine', (word) => oneOf(word, ['On', 'Off', 'DetectionOnly'])),
  one('SecRequestBodyAccess', 'requestBodyAccess', onOff),
  one('SecRequestBodyLimit', 'requestBodyLimit', wholeNumber),
  one('SecRequestBodyNoFilesLimit', 'requestBodyNoFilesLimit', wholeNumber),
  one('SecRequestBodyLimitAction', 'requestBodyLimitAction', limitAction),
  one('SecRequestBodyJsonDepthLimit', 'requestBodyJsonDepthLimit', wholeNumber),
  one('SecArgumentsLimit', 'argumentsLimit', wholeNumber),
  one('SecUploadFileLimit', 'uploadFileLimit', wholeNumber),
  one('SecResponseBodyAccess', 'responseBodyAccess', onOff),
  one('SecResponseBodyLimit', 'responseBodyLimit', wholeNumber),
  one('SecResponseBodyLimitAction', 'responseBodyLimitAction', limitAction),
  one('SecCollectionTimeout', 'collectionTimeout', wholeNumber),
  one('SecArgumentSeparator', 'argumentSeparator', oneByte),
  one('SecCookieFormat', 'cookieFormat', (word) => (oneOf(word, ['0', '1']) === '1' ? 1 : 0)),
  several('SecResponseBodyMimeType', (words) => (to) => {
    to.responseBodyMimeTypes = [...to.responseBodyMimeTypes, ...words.map((word) => word.toLowerCase())];
  }),
  several('SecComponentSignature', (words) => (to) => {
    to.componentSignatures = [...to.componentSignatures, words.join(' ')];
  }),
  [
    'secresponsebodymimetypesclear',
    (words) => {
      if (words.length > 0) throw new SyntaxProblem('SecResponseBodyMimeTypesClear takes no value');
      return (to) => {
        to.responseBodyMimeTypes = [];
      };
    },
  ],
  [
    'secxmlexternalentity',
    (words) => {
      if (words.length !== 1 || onOff(words[0]!)) throw new SyntaxProblem('external entities are never read');
      return () => {};
    },
  ],
]);

/** Undefined if the directive is no setting. @throws SyntaxProblem */
export function parseSetting(name: string, words: readonly string[]): Change | undefined {
  return settings.get(name.toLowerCase())?.(words);
}

/** Directives of ModSecurity that concern files, logs and sensors which are not here; using one gives a warning. */
const withoutEffect: ReadonlySet<string> = new Set(
  [
    'SecAuditEngine',
    'SecAuditLog',
    'SecAuditLog2',
    'SecAuditLogDirMode',
    'SecAuditLogFileMode',
    'SecAuditLogFormat',
    'SecAuditLogParts',
    'SecAuditLogRelevantStatus',
    'SecAuditLogStorageDir',
    'SecAuditLogType',
    'SecDataDir',
    'SecDebugLog',
    'SecDebugLogLevel',
    'SecGeoLookupDb',
    'SecHttpBlKey',
    'SecPcreMatchLimit',
    'SecPcreMatchLimitRecursion',
    'SecRequestBodyInMemoryLimit',
    'SecSensorId',
    'SecServerSignature',
    'SecStatusEngine',
    'SecTmpDir',
    'SecTmpSaveUploadedFiles',
    'SecUnicodeMapFile',
    'SecUploadDir',
    'SecUploadFileMode',
    'SecUploadKeepFiles',
    'SecWebAppId',
  ].map((name) => name.toLowerCase()),
);

export const hasNoEffect = (name: string): boolean => withoutEffect.has(name.toLowerCase());

function one<Key extends keyof Settings>(name: string, key: Key, read: (word: string) => Settings[Key]) {
  return several(name, (words) => {
    if (words.length !== 1) throw new SyntaxProblem(`${name} takes one value`);
    const value = read(words[0]!);
    return (to) => {
      to[key] = value;
    };
  });
}

function several(name: string, read: (words: readonly string[]) => Change): [string, typeof read] {
  const checked = (words: readonly string[]): Change => {
    if (words.length === 0) throw new SyntaxProblem(`${name} needs a value`);
    return read(words);
  };
  return [name.toLowerCase(), checked];
}

function oneByte(word: string): string {
  if (word.length !== 1) throw new SyntaxProblem('expected one character');
  return word;
}

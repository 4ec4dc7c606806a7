import { editorSchemaOf } from '../../packages/gateway/src/cli/schema.ts';
import { policies } from '../../packages/gateway/src/policies/index.ts';
import { configurationPage } from './configuration-page.ts';
import { policyPages } from './policy-pages.ts';
import { problemPages } from './problem-pages.ts';

/** Folders in which every file is generated: what is there besides is left over. */
export const generatedFolders = ['docs/policies', 'docs/problems', 'schemas'] as const;

/**
 * All that is made from the source, by path from the root of the repository.
 * @param root where the READMEs of the policies are read
 */
export function generatedFiles(root: string): Map<string, string> {
  return new Map([
    ['schemas/portcullis.schema.json', editorSchemaOf(policies)],
    ...configurationPage(),
    ...policyPages(root),
    ...problemPages(),
  ]);
}

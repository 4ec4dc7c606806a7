import type { Mutant, Next } from './mutants.ts';
import { mutantTexts } from './parameters.ts';
import { element, type Frame, type Member, written, type XmlDocument } from './xml-documents.ts';

export interface ChangedXml extends Mutant<string> {
  readonly isGood: boolean;
}

/** A good document changed in one place. */
export function changedXml(document: XmlDocument, next: Next): ChangedXml {
  const { members } = document;
  const at = next(members.length);
  const member = members[at]!;
  const put = (change: Partial<Member>): string =>
    written({ ...document, members: members.with(at, { ...member, ...change }) });
  if (next(3) > 0) {
    const { what, value: texts } = mutantTexts(member.texts, next);
    // An array without items, and without a wrapper, is not there.
    const isAbsent = texts.kind === 'array' && texts.items.length === 0 && member.place === 'list';
    const isGood = isAbsent ? !member.required : member.isGood(texts);
    return { what: `${member.property}: ${what}`, value: put({ texts }), isGood };
  }
  const all = [...places(document, at, put), ...frames(document)];
  return all[next(all.length)]!;
}

/** The member as it is, but not where or as often as it should be. */
function places(
  document: XmlDocument,
  at: number,
  put: (change: Partial<Member>) => string,
): readonly ChangedXml[] {
  const { members } = document;
  const { property, place, name, required, texts } = members[at]!;
  const of = (what: string, value: string, isGood = false): ChangedXml => ({
    what: `${property} ${what}`,
    value,
    isGood,
  });
  const without = { ...document, members: members.toSpliced(at, 1) };
  const changes = [
    of('left out', written(without), !required),
    of('in upper case', put({ name: name.toUpperCase(), itemName: name.toUpperCase() })),
    of('last', written({ ...document, members: [...without.members, members[at]!] }), true),
  ];
  // Under its own name, which is not the one in XML.
  if (name !== property && place !== 'wrapped')
    changes.push(of('by its property', put({ name: property, itemName: property })));
  if (place === 'element') changes.push(of('as an attribute', put({ place: 'attribute' })));
  if (place === 'attribute') changes.push(of('as an element', put({ place: 'element' })));
  if (place === 'wrapped') {
    changes.push(of('with items of another name', put({ itemName: 'other' })));
    changes.push(of('without its wrapper', put({ place: 'list' })));
  }
  if (place !== 'list' && texts.kind === 'scalar')
    changes.push(of('twice', written({ ...document, members: [...members, members[at]!] })));
  return changes;
}

function frames(document: XmlDocument): readonly ChangedXml[] {
  const of = (what: string, frame: Frame, isGood = false): ChangedXml => ({
    what,
    value: written(document, frame),
    isGood,
  });
  return [
    of('an unknown element', { inner: element('role', 'admin') }),
    of('an unknown attribute', { attributes: ' role="admin"' }),
    of('text between elements', { inner: 'x' }),
    of('a comment', { inner: '<!-- x -->' }, true),
    of('a declaration', { before: '<?xml version="1.0" encoding="utf-8"?>\n' }, true),
    of('another encoding', { before: '<?xml version="1.0" encoding="utf-7"?>' }),
    of('a document type', { before: '<!DOCTYPE order>' }),
    of('an entity', { inner: '&x;' }),
    of('an instruction', { inner: '<?php x?>' }),
    of('two roots', { behind: '<order/>' }),
    of('another root', { root: 'invoice' }),
    of('a tag that is not closed', { inner: '<a>' }),
    of('a reference to NUL', { inner: '&#0;' }),
    of('a bare ampersand', { inner: '&' }),
    of('another namespace', { namespace: 'urn:other' }, document.namespace === undefined),
  ];
}

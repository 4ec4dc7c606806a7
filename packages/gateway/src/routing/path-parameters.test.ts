import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from './apis.ts';
import { pathValueReader, takesPathParameters } from './path-parameters.ts';

function operation(path: string, ...matrix: string[]): Operation {
  const parameters = [...path.matchAll(/\{(.*?)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    style: matrix.includes(name!) ? 'matrix' : 'simple',
    explode: name === 'places',
  }));
  return { path, definition: { parameters } } as unknown as Operation;
}

test('path parameters stand where the definition has a parameter of the style matrix', () => {
  const maps = operation('/maps/{place}/tiles/{tile}', 'place');
  assert.equal(takesPathParameters(maps, '/maps/;place=1/tiles/2'), true);
  assert.equal(takesPathParameters(maps, '/base/path/maps/;place=1/tiles/2'), true);
  assert.equal(takesPathParameters(maps, '/maps/;place=1/tiles/2;x'), false);
  assert.equal(takesPathParameters(maps, '/base;v=1/maps/;place=1/tiles/2'), false);
  assert.equal(takesPathParameters(maps, '/maps;v=1/;place=1/tiles/2'), false);
  // Without explode there is one, and what follows it would be another one to the service.
  assert.equal(takesPathParameters(maps, '/maps/;place=1;role=admin/tiles/2'), false);
  assert.equal(takesPathParameters(maps, '/maps/;place=1%3B2/tiles/2'), true);
  const list = operation('/maps/{places}', 'places');
  assert.equal(takesPathParameters(list, '/maps/;places=1;places=2'), true);
  // Where it is cut off, this is another path.
  assert.equal(takesPathParameters(maps, '/maps/admin;place=1/tiles/2'), false);
  assert.equal(takesPathParameters(maps, '/maps/%2E;place=1/tiles/2'), false);
  assert.equal(takesPathParameters(operation('/users{id}', 'id'), '/users;id=1'), true);
  assert.equal(takesPathParameters(operation('/ü{id}', 'id'), '/%C3%BC;id=1'), true);
  assert.equal(takesPathParameters(operation('/users{id}', 'id'), '/users/;id=1'), false);
  assert.equal(takesPathParameters(operation('/users{id}', 'id'), '/users1;id=1'), false);
  assert.equal(takesPathParameters(operation('/users{id}.{format}', 'id'), '/users;id=1.json'), false);
  assert.equal(takesPathParameters(operation('/users/{id}'), '/users/;id=1'), false);
  assert.equal(takesPathParameters(undefined, '/users/;id=1'), false);
});

test('what a parameter says is without what its style writes before it', () => {
  const value = (style: string, written: string): string => {
    const parameters = [
      { name: 'id', in: 'query', style: 'form' },
      { name: 'id', in: 'path', style },
    ];
    const operation = { parameterNames: ['id'], definition: { parameters } } as unknown as Operation;
    return pathValueReader(operation, 0)(written);
  };
  assert.equal(value('matrix', ';id=7'), '7');
  assert.equal(value('matrix', ';id'), '');
  assert.equal(value('label', '.7'), '7');
  assert.equal(value('simple', ';id=7'), ';id=7');
  // Not as the style has it: for the definition to refuse, and not 7 where the service may take it for something else.
  assert.equal(value('matrix', '7'), '7');
  for (const written of [';ID=7', ';id7', ';id=7;id=8']) assert.notEqual(value('matrix', written), '7');
  assert.equal(value('label', '7'), '7');
});

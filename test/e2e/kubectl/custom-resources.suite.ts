import { describe, expect, test } from 'vitest';
import { eventually } from '../../eventually.ts';
import { type Desk, rows } from './desk.ts';

const boats = (extra: object = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'boats.harbour.example.com' },
  spec: {
    group: 'harbour.example.com',
    scope: 'Namespaced',
    names: { plural: 'boats', kind: 'Boat', shortNames: ['bo'], categories: ['fleet'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            description: 'A boat in the harbour.',
            properties: {
              spec: {
                type: 'object',
                description: 'What the boat should be.',
                required: ['length'],
                properties: {
                  length: { type: 'integer', minimum: 1, maximum: 100, description: 'Length in metres.' },
                  flag: { type: 'string', default: 'blue', enum: ['blue', 'red'] },
                  crew: { type: 'integer', default: 1 },
                },
                'x-kubernetes-validations': [
                  { rule: 'self.crew <= self.length', message: 'more crew than metres' },
                  { rule: 'self.length == oldSelf.length', message: 'a boat does not grow' },
                ],
              },
              status: { type: 'object', properties: { aboard: { type: 'integer' } } },
            },
          },
        },
        subresources: { status: {}, scale: { specReplicasPath: '.spec.crew', statusReplicasPath: '.status.aboard' } },
        additionalPrinterColumns: [
          { name: 'Length', type: 'integer', jsonPath: '.spec.length' },
          { name: 'Flag', type: 'string', jsonPath: '.spec.flag' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        ...extra,
      },
    ],
  },
});

const boat = (name: string, spec: object) => ({
  apiVersion: 'harbour.example.com/v1',
  kind: 'Boat',
  metadata: { name },
  spec,
});

/** A resource of one's own, from its definition to its end. `restart` starts the master anew. */
export function customResources(desk: () => Desk, restart: () => Promise<void>): void {
  test('is there as soon as its definition is established', async () => {
    expect(await desk().feed('create -f -', boats())).toBe(
      'customresourcedefinition.apiextensions.k8s.io/boats.harbour.example.com created\n',
    );
    await desk().run('wait --for=condition=Established crd/boats.harbour.example.com --timeout=30s');
    expect(await desk().run('api-resources --api-group=harbour.example.com --no-headers')).toMatch(
      /^boats +bo +harbour\.example\.com\/v1 +true +Boat\s*$/,
    );
    expect(await desk().run('get crd boats.harbour.example.com')).toMatch(
      /^NAME +CREATED AT\nboats\.harbour\.example\.com +\d{4}-/,
    );
  });

  test('create, get, explain', async () => {
    expect(await desk().feed('create -f -', boat('gull', { length: 7 }))).toBe(
      'boat.harbour.example.com/gull created\n',
    );
    const [head, row] = rows(await desk().run('get bo'));
    expect(head).toEqual(['NAME', 'LENGTH', 'FLAG', 'AGE']);
    expect(row?.slice(0, 3)).toEqual(['gull', '7', 'blue']);
    expect(await desk().run('get fleet -o name')).toBe('boat.harbour.example.com/gull\n');
    const explained = await desk().run('explain boat.spec.length');
    expect(explained).toMatch(/^KIND: +Boat$/m);
    expect(explained).toMatch(/^FIELD: length <integer>$/m);
    expect(explained).toContain('Length in metres.');
    expect(await desk().run('describe boat gull')).toMatch(/^ {2}Flag: +blue$/m);
  });

  test('what its schema and its rules do not allow is refused', async () => {
    const refused = async (spec: object) => {
      const { code, stderr } = await desk().try('create -f -', [], { input: JSON.stringify(boat('wreck', spec)) });
      expect(code).toBe(1);
      return stderr;
    };
    expect(await refused({ length: 200 })).toContain('spec.length in body should be less than or equal to 100');
    expect(await refused({ flag: 'blue' })).toContain('spec.length: Required value');
    expect(await refused({ length: 3, crew: 5 })).toContain('more crew than metres');
    expect(await refused({ length: 3, sail: true })).toContain('unknown field "spec.sail"');
    expect(await refused({ length: 3, flag: 'green' })).toContain(
      'Unsupported value: "green": supported values: "blue", "red"',
    );
  });

  test('apply, patch, edit, label and scale', async () => {
    const tern = boat('tern', { length: 9 });
    expect(await desk().apply(tern)).toBe('boat.harbour.example.com/tern created\n');
    expect(await desk().apply(tern)).toBe('boat.harbour.example.com/tern unchanged\n');
    expect(await desk().apply(boat('tern', { length: 9, flag: 'red' }))).toBe(
      'boat.harbour.example.com/tern configured\n',
    );
    expect(await desk().feed('apply --server-side --field-manager=mate -f -', boat('skua', { length: 4 }))).toBe(
      'boat.harbour.example.com/skua serverside-applied\n',
    );
    await desk().run('patch boat tern --type=merge -p', '{"spec":{"crew":2}}');
    await desk().run('patch boat tern --type=json -p', '[{"op":"replace","path":"/spec/flag","value":"blue"}]');
    const strategic = await desk().try('patch boat tern --type=strategic -p', ['{"spec":{"crew":3}}']);
    expect(strategic.code).toBe(1);
    await desk().run('label boat tern fast=yes');
    await desk().try('edit boat tern', [], { env: { EDITOR: 'sed -i s/flag:.blue/flag:\\ red/' } });
    expect(await desk().value('get boat tern', '.spec')).toBe('{"crew":2,"flag":"red","length":9}');
    expect(await desk().run('scale boat tern --replicas=5')).toBe('boat.harbour.example.com/tern scaled\n');
    expect(await desk().value('get boat tern', '.spec.crew')).toBe('5');
    const grown = await desk().try('patch boat tern --type=merge -p', ['{"spec":{"length":20}}']);
    expect(grown.stderr).toContain('a boat does not grow');
  });

  test('a restart of the master keeps all', async () => {
    const before = await desk().run('get boats -o json');
    await restart();
    expect(JSON.parse(await desk().run('get boats -o json')).items).toEqual(JSON.parse(before).items);
    expect(await desk().run('explain boat.spec.flag')).toContain('FIELD: flag <string>');
    await desk().run('patch boat gull --type=merge -p', '{"spec":{"crew":3}}');
  });

  describe('the end', () => {
    test('of an object, and of the definition with all that is left', async () => {
      expect(await desk().run('delete boat gull')).toContain('boat.harbour.example.com "gull" deleted');
      await desk().run('delete crd boats.harbour.example.com --timeout=30s');
      await eventually('the resource to be gone', async () => {
        const listed = await desk().try('api-resources --api-group=harbour.example.com --no-headers');
        return listed.stdout === '';
      });
    });
  });
}

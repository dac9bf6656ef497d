import { describe, expect, test } from 'vitest';
import { normalizeArguments } from './arguments.ts';
import { alignColumns, DESCRIPTION_STYLE, GrowingColumns, TABLE_STYLE } from './columns.ts';
import { parseDuration } from './durations.ts';
import { jsonPath } from './json-path.ts';
import { listOf, parseOutput, printObject } from './output.ts';
import { POD } from './sample.fixture.ts';
import { headerCells, rowCells } from './table.ts';

describe('columns', () => {
  test('stand three apart, as kubectl prints tables', () => {
    expect(
      alignColumns(
        [
          ['NAME', 'READY', 'AGE'],
          ['a-long-name', '1/1', '5s'],
        ],
        TABLE_STYLE,
      ),
    ).toEqual(['NAME          READY   AGE', 'a-long-name   1/1     5s']);
  });

  test('of a description are as wide as their neighbours, not as the whole page', () => {
    const rows = [['Name:', 'web'], ['Long Heading:', 'x'], ['Containers:'], ['  a:', 'b']];
    expect(alignColumns(rows, DESCRIPTION_STYLE)).toEqual([
      'Name:          web',
      'Long Heading:  x',
      'Containers:',
      '  a:  b',
    ]);
  });

  test('of a watch never get narrower', () => {
    const columns = new GrowingColumns(TABLE_STYLE);
    columns.align([['a-long-name', '1']]);
    expect(columns.align([['b', '2']])).toEqual(['b             2']);
  });
});

describe('tables', () => {
  const columns = [{ name: 'Name' }, { name: 'Ready' }, { name: 'Node', priority: 1 }];
  const object = { metadata: { name: 'a', namespace: 'web', labels: { tier: 'x', app: 'y' } } };

  test('wide columns show with -o wide only', () => {
    expect(headerCells(columns, {})).toEqual(['NAME', 'READY']);
    expect(headerCells(columns, { wide: true })).toEqual(['NAME', 'READY', 'NODE']);
  });

  test('namespace, kind and labels', () => {
    const options = { withNamespace: true, withKind: true, showLabels: true, labelColumns: ['app'] };
    expect(headerCells(columns, options)).toEqual(['NAMESPACE', 'NAME', 'READY', 'APP', 'LABELS']);
    const row = rowCells({ cells: ['a', '1/1', 'n1'], object }, columns, POD, options);
    expect(row).toEqual(['web', 'pod/a', '1/1', 'y', 'app=y,tier=x']);
  });

  test('an absent cell is <none>, and a cell keeps to one line', () => {
    expect(rowCells({ cells: [null, 'x\ny'] }, columns, POD, {})).toEqual(['<none>', 'x...']);
  });
});

describe('objects', () => {
  const pod = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a', managedFields: [{ manager: 'x' }] } };

  test('YAML has its keys in order and no managedFields', () => {
    expect(printObject(pod, { type: 'yaml' })).toBe('apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n');
    expect(printObject(pod, { type: 'yaml' }, true)).toContain('manager: x');
  });

  test('YAML texts that look like something else are quoted', () => {
    expect(printObject({ metadata: { labels: { a: 'true', b: '1' } } }, { type: 'yaml' })).toContain(
      'a: "true"\n    b: "1"',
    );
  });

  test('JSON of several is a List', () => {
    const list = JSON.parse(printObject(listOf([pod]), { type: 'json' })) as { kind: string; items: unknown[] };
    expect(list.kind).toBe('List');
    expect(list.items).toEqual([{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }]);
  });

  test('an unknown format is refused with the ones there are', () => {
    expect(() => parseOutput('xml')).toThrow(/"xml": allowed are json/);
    expect(parseOutput('=json')).toEqual({ type: 'json' });
  });
});

describe('JSONPath', () => {
  const value = {
    items: [
      { metadata: { name: 'a', labels: { 'app.kubernetes.io/name': 'x' } }, status: { phase: 'Running', restarts: 2 } },
      { metadata: { name: 'b' }, status: { phase: 'Failed', restarts: 0 } },
    ],
  };

  test.each([
    ['{.items[*].metadata.name}', 'a b'],
    ['{.items[0].metadata.name}', 'a'],
    ['{.items[-1:].metadata.name}', 'b'],
    ['{range .items[*]}{.metadata.name}={.status.phase}{"\\n"}{end}', 'a=Running\nb=Failed\n'],
    ['{.items[?(@.status.phase=="Failed")].metadata.name}', 'b'],
    ['{.items[?(@.status.restarts>1)].metadata.name}', 'a'],
    ["{.items[0].metadata.labels['app.kubernetes.io/name']}", 'x'],
    ['{.items[0].metadata.labels.app\\.kubernetes\\.io/name}', 'x'],
    ['{..name}', 'a b'],
    ['{.items[1].status}', '{"phase":"Failed","restarts":0}'],
    ['name: {.items[0].absent}', 'name: '],
    ['{$.items[1].metadata.name}', 'b'],
  ])('%s', (template, text) => {
    expect(jsonPath(template, value)).toBe(text);
  });

  test.each(['{.items', '{range .items[*]}x', '{end}'])('%s is refused', (template) => {
    expect(() => jsonPath(template, value)).toThrow(/^error: the jsonpath template/);
  });
});

describe('arguments', () => {
  test.each([
    [
      ['get', 'pods', '--watch=true'],
      ['get', 'pods', '--watch'],
    ],
    [
      ['delete', 'po', 'a', '--wait=false'],
      ['delete', 'po', 'a', '--no-wait'],
    ],
    [
      ['get', 'pods', '-o=json'],
      ['get', 'pods', '-ojson'],
    ],
    [
      ['-n', 'web', 'get', 'pods'],
      ['get', '-n', 'web', 'pods'],
    ],
    [
      ['apply', '--validate=false'],
      ['apply', '--validate=false'],
    ],
    [['--help'], ['--help']],
  ])('%j is read as %j', (written, read) => {
    expect(normalizeArguments(written)).toEqual(read);
  });
});

test('durations', () => {
  expect(parseDuration('1h30m', '--since')).toBe(5_400_000);
  expect(parseDuration('0', '--since')).toBe(0);
  expect(() => parseDuration('5 minutes', '--since')).toThrow(/--since takes a duration/);
});

import { afterAll, beforeAll, describe, inject, test } from 'vitest';
import { TestCell } from '../cell.ts';
import { Engine } from '../docker.ts';
import { admitting } from './kubectl-session/admitting.ts';
import { applying } from './kubectl-session/applying.ts';
import { changing } from './kubectl-session/changing.ts';
import { creating } from './kubectl-session/creating.ts';
import { deleting } from './kubectl-session/deleting.ts';
import { nodes, using } from './kubectl-session/nodes.ts';
import { processes } from './kubectl-session/processes.ts';
import { reading } from './kubectl-session/reading.ts';
import { type Chapter, Session } from './kubectl-session/session.ts';
import { working } from './kubectl-session/working.ts';

const KUBECTLS = [
  [31, 'kubectl31'],
  [33, 'kubectl33'],
  [35, 'kubectl'],
] as const;

/** One script over every verb, by each kubectl in a namespace of its own; scene by scene, all kubectls at the same time. */
describe('one session, three kubectls', () => {
  let cell: TestCell;
  const sessions = new Map<number, Session>();

  beforeAll(async () => {
    const options = { dockerHost: inject('dockerHost'), kubectl: inject('kubectl') };
    await new Engine(options.dockerHost).ensureTestImage();
    cell = await TestCell.create(options);
    await cell.start();
    await cell.startAgent('n2');
    for (const [minor, name] of KUBECTLS) {
      const session = new Session(inject(name), minor, cell);
      await session.says(`create namespace ${session.namespace}`, `namespace/${session.namespace} created`);
      sessions.set(minor, session);
    }
  });

  afterAll(() => cell?.destroy());

  /** Scene by scene. */
  const tell = (chapter: Chapter, each = test.concurrent) => {
    for (const [title, scene] of Object.entries(chapter)) {
      describe(title, () => {
        each.each(KUBECTLS)('kubectl 1.%d', (minor) => scene(sessions.get(minor)!));
      });
    }
  };

  describe('creating', () => tell(creating));
  describe('reading', () => tell(reading));
  describe('changing', () => tell(changing));
  describe('applying', () => tell(applying));
  describe('deleting', () => tell(deleting));
  describe('working', () => tell(working));
  describe('processes', () => tell(processes));
  describe('admitting', () => tell(admitting));
  describe('using', () => tell(using));
  describe('nodes, one kubectl after the other', () => tell(nodes, test));
});

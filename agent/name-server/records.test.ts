import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NetworkService, NetworkSlice } from '../../proto/network.ts';
import { bookOf, object, SAMPLE } from './cell.fixture.ts';
import { type Found, lookUp } from './records.ts';

function words(found: Found): string {
  if (found.type === 'alias') return `-> ${found.target}`;
  if (found.type !== 'found') return found.type;
  if (found.answers.length === 0) return 'nothing of the kind';
  const text = found.answers.map(({ type, data }) =>
    typeof data === 'string' ? `${type} ${data}` : `${type} ${data.target}:${data.port}`,
  );
  const extra = (found.extra ?? []).map(({ name, data }) => `+ ${name} ${data}`);
  return [...text, ...extra].join(', ');
}

const { book } = bookOf(SAMPLE);

test.each`
  question                                       | answer
  ${'A web.team.svc.cluster.local'}              | ${'A 10.144.0.9'}
  ${'AAAA web.team.svc.cluster.local'}           | ${'nothing of the kind'}
  ${'A none.team.svc.cluster.local'}             | ${'absent'}
  ${'A team.svc.cluster.local'}                  | ${'nothing of the kind'}
  ${'A other.svc.cluster.local'}                 | ${'absent'}
  ${'A svc.cluster.local'}                       | ${'nothing of the kind'}
  ${'A cluster.local'}                           | ${'nothing of the kind'}
  ${'A web.cluster.local'}                       | ${'absent'}
  ${'A x.web.team.svc.cluster.local'}            | ${'absent'}
  ${'SRV _http._tcp.web.team.svc.cluster.local'} | ${'SRV web.team.svc.cluster.local:80, + web.team.svc.cluster.local 10.144.0.9'}
  ${'A _http._tcp.web.team.svc.cluster.local'}   | ${'nothing of the kind'}
  ${'A _tcp.web.team.svc.cluster.local'}         | ${'nothing of the kind'}
  ${'SRV _http._udp.web.team.svc.cluster.local'} | ${'absent'}
  ${'A db.team.svc.cluster.local'}               | ${'A 10.128.0.2, A 10.128.1.2, A 10.128.1.3'}
  ${'A db-1.db.team.svc.cluster.local'}          | ${'A 10.128.1.2'}
  ${'A db-3.db.team.svc.cluster.local'}          | ${'absent'}
  ${'A 10-128-1-3.db.team.svc.cluster.local'}    | ${'A 10.128.1.3'}
  ${'SRV _sql._tcp.db.team.svc.cluster.local'}   | ${'SRV db-0.db.team.svc.cluster.local:5433, SRV db-1.db.team.svc.cluster.local:5433, SRV 10-128-1-3.db.team.svc.cluster.local:5433, + db-0.db.team.svc.cluster.local 10.128.0.2, + db-1.db.team.svc.cluster.local 10.128.1.2, + 10-128-1-3.db.team.svc.cluster.local 10.128.1.3'}
  ${'A idle.team.svc.cluster.local'}             | ${'absent'}
  ${'A early.team.svc.cluster.local'}            | ${'A 10.128.0.8'}
  ${'A shop.team.svc.cluster.local'}             | ${'-> shop.example'}
  ${'A 10-1-2-3.team.pod.cluster.local'}         | ${'A 10.1.2.3'}
  ${'A 10-1-2-300.team.pod.cluster.local'}       | ${'absent'}
  ${'TXT dns-version.cluster.local'}             | ${'TXT 1.1.0'}
  ${'PTR 9.0.144.10.in-addr.arpa'}               | ${'PTR web.team.svc.cluster.local'}
  ${'PTR 2.1.128.10.in-addr.arpa'}               | ${'PTR db-1.db.team.svc.cluster.local'}
  ${'PTR 99.1.128.10.in-addr.arpa'}              | ${'absent'}
  ${'PTR 1.2.0.192.in-addr.arpa'}                | ${'foreign'}
  ${'A 3.sum.team.cell'}                         | ${'A 10.128.0.9'}
  ${'A 4.sum.team.cell'}                         | ${'absent'}
  ${'A web.example'}                             | ${'foreign'}
  ${'A notcluster.local'}                        | ${'foreign'}
`('$question: $answer', ({ question, answer }) => {
  const [type = '', name = ''] = question.split(' ');
  expect(words(lookUp(book, name, type))).toBe(answer);
});

test('names follow changes as if all had been read anew', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const address = fc.integer({ min: 1, max: 6 }).map((last) => `10.128.0.${last}`);
  const service = fc.record({ name, headless: fc.boolean(), address }).map(({ name: of, headless, address: ip }) => {
    const value: NetworkService = { namespace: 'team', name: of, clusterIp: headless ? undefined : ip, ports: [] };
    return object('service', `team/${of}`, value);
  });
  const slice = fc
    .record({ name, of: name, ips: fc.array(address, { maxLength: 3 }) })
    .map(({ name: key, of, ips }) => {
      const endpoints = ips.map((ip) => ({ address: ip }));
      const value: NetworkSlice = { namespace: 'team', service: of, ports: [], endpoints };
      return object('slice', `team/${key}`, value);
    });
  const task = fc.record({ name, index: fc.integer({ min: 0, max: 2 }), address }).map(({ name: key, ...rest }) => {
    return object('task', `team/${key}`, { namespace: 'team', job: 'j', ...rest });
  });
  const change = fc.record({ told: fc.oneof(service, slice, task), gone: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const { state, book: followed } = bookOf({});
      for (const { told, gone } of changes) {
        const message = { complete: false, more: false, settingsJson: '' };
        const change = gone ? { upserts: [], removals: [told] } : { upserts: [told], removals: [] };
        followed.changed(state.take({ ...message, ...change })!);
      }
      const anew = bookOf({
        services: [...state.services.values()],
        slices: [...new Set([...state.services.keys()])].flatMap((key) => state.slicesOf(key)),
      }).book;
      for (let last = 1; last <= 6; last++) {
        const ip = `10.128.0.${last}`;
        expect(followed.namesOf(ip).sort()).toEqual(anew.namesOf(ip).sort());
      }
      expect(followed.hasNamespace('team')).toBe(state.services.size > 0);
      for (const index of ['0', '1', '2']) {
        const wanted = [...state.tasks.values()].filter((each) => String(each.index) === index);
        expect(followed.taskAddresses(index, 'j', 'team').sort()).toEqual(wanted.map((each) => each.address).sort());
      }
    }),
  );
});

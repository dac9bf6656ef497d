import fc from 'fast-check';
import { invalidName } from '../../../agent/images/ensure-image.ts';
import { matchesImage, repositoryOf } from '../../../agent/images/registry-match.ts';
import { parseCronSchedule, timeZoneFault } from '../../../api/batch/cron-schedule.ts';
import { nextDueMs } from '../../../api/batch/cron-times.ts';
import { ApiError } from '../../../api/meta/errors.ts';
import { labelKeyFault, labelValueFault, nameFault } from '../../../api/meta/names.ts';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  quantityMilli,
  quantityValue,
} from '../../../api/meta/quantity.ts';
import { formatLabelQuery, parseFieldSelector, parseLabelSelector } from '../../../api/meta/selector.ts';
import { canonicalMicroTime, canonicalTime } from '../../../api/meta/times.ts';
import { parseDuration } from '../../../cli/durations.ts';
import { CommandFailure } from '../../../cli/failure.ts';
import { jsonPath } from '../../../cli/json-path.ts';
import { listQuery, watchQuery } from '../../../master/apiserver/query-options.ts';
import { parseRequest } from '../../../master/apiserver/request.ts';
import { babble, type Grammar } from './grammar.ts';

/** Readers of short texts: what stands in fields, flags and addresses. */

const isApiError = (error: Error): boolean => error instanceof ApiError;
const never = (): boolean => false;

const grammar = <T>(given: Grammar<T>): Grammar => given as unknown as Grammar;

const quantities = grammar({
  name: 'quantities',
  values: fc.tuple(...twice(babble([...'0 1 9 . - + m k Ki Ei E e e9 n _ Infinity 0x1'.split(' '), ' ']))),
  read([a, b]) {
    const read = canonicalQuantity(a);
    if (read === undefined) return;
    if (canonicalQuantity(read) !== read)
      throw new TypeError(`${read} is canonical, and is read as ${canonicalQuantity(read)}`);
    if (Number.isNaN(quantityValue(read)) || Number.isNaN(quantityMilli(read)))
      throw new TypeError(`${read} is no number`);
    if (canonicalQuantity(b) === undefined) return;
    if (compareQuantities(a, b) !== -compareQuantities(b, a) + 0) throw new TypeError(`${a} and ${b} have no order`);
    addQuantities(a, b);
  },
  // What is out of all bounds may be refused when it is added up.
  refuses: (error) => error instanceof RangeError,
});

const labelSelectors = grammar({
  name: 'label selectors',
  values: babble([...'a b/c = == != ! , notin ( ) > < 1 " example.com/'.split(' '), ' in ', ' ', '\\']),
  read(text) {
    const query = parseLabelSelector(text);
    const again = formatLabelQuery(query);
    if (formatLabelQuery(parseLabelSelector(again)) !== again)
      throw new TypeError(`${again} is not read as it is written`);
  },
  refuses: isApiError,
});

const fieldSelectors = grammar({
  name: 'field selectors',
  values: babble([...'metadata.name spec.nodeName = == != , x'.split(' '), '\\', '\\,', '\\=', ' ']),
  read: (text) => parseFieldSelector(text),
  refuses: isApiError,
});

const cronWords = [
  ...'* */ 0 1 59 60 31 30 2 - / , L ? MON feb 1h @daily @ TZ= 999999999999'.split(' '),
  ' ',
  ' * * * *',
  '@every ',
];
const cron = grammar({
  name: 'cron expressions',
  values: fc.tuple(
    fc.oneof(
      babble(cronWords),
      fc.array(babble(cronWords.slice(0, 13), 4), { minLength: 5, maxLength: 5 }).map((fields) => fields.join(' ')),
    ),
    fc.constantFrom('UTC', 'Europe/Berlin', 'Pacific/Apia', 'America/St_Johns'),
    fc.integer({ min: 0, max: 4e12 }),
  ),
  read([text, zone, afterMs]) {
    const schedule = parseCronSchedule(text);
    if ('fault' in schedule) return;
    const due = nextDueMs(schedule, afterMs, zone);
    if (due !== undefined && !(due > afterMs)) throw new TypeError(`after ${afterMs} comes ${due}`);
  },
  refuses: never,
});

const names = grammar({
  name: 'names, labels, times, zones, images',
  values: babble([
    ...'a A 0 - . / : _ a- 2026-01-02T03:04:05Z .123456 +01:00 T Z Europe/ @sha256: f * [ ] ?'.split(' '),
    '\n',
  ]),
  read(text) {
    nameFault('subdomain', text);
    labelKeyFault(text);
    labelValueFault(text);
    canonicalTime(text);
    canonicalMicroTime(text);
    timeZoneFault(text);
    invalidName(text);
    repositoryOf(text);
    matchesImage(text, 'registry.example/team/app:1');
    matchesImage('*.example/te*m', text);
  },
  refuses: never,
});

const addresses = grammar({
  name: 'addresses of requests',
  values: fc.tuple(
    babble([...'/ /api /apis /v1 /namespaces /pods /x /% /%2f /.. /watch /proxy/ ? é'.split(' ')]),
    babble([
      ...'& = watch limit continue resourceVersion resourceVersionMatch Exact 0 -1 1e9 labelSelector timeoutSeconds % + true'.split(
        ' ',
      ),
    ]),
  ),
  read([path, query]) {
    const parameters = new URLSearchParams(query);
    parseRequest('GET', path, parameters);
    listQuery(parameters);
    watchQuery(parameters);
  },
  refuses: isApiError,
});

const OBJECT = { metadata: { name: 'a', labels: { 'b/c': 'd' } }, items: [{ n: 1 }, { n: 2 }] };
const jsonPaths = grammar({
  name: 'JSONPath, durations',
  values: babble([...'{ } . .. metadata items [ ] * 0 -1 : " ?(@.n== ) end $ @ 1h ms'.split(' '), "'", 'range ', '\\']),
  read(text) {
    try {
      parseDuration(text, '--timeout');
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
    }
    jsonPath(text, OBJECT);
  },
  refuses: (error) => error instanceof CommandFailure,
});

export const WORDS: readonly Grammar[] = [
  quantities,
  labelSelectors,
  fieldSelectors,
  cron,
  names,
  addresses,
  jsonPaths,
];

function twice<T>(arbitrary: fc.Arbitrary<T>): [fc.Arbitrary<T>, fc.Arbitrary<T>] {
  return [arbitrary, arbitrary];
}

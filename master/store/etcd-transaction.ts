import type { IRequestOp, IResponseHeader, IResponseOp, ITxnRequest, ITxnResponse } from 'etcd3';
import type { EtcdKeys } from './etcd-keys.ts';
import type { CommitResult, Op, Revision, StoredValue, Transaction } from './store.ts';

/** What came of one transaction, and whether it made a revision. */
export interface Outcome {
  readonly result: CommitResult;
  readonly changed: boolean;
}

/** One transaction in etcd's terms: when a compare fails it reads what is there instead. */
export function encodeTransaction(keys: EtcdKeys, { compares, ops }: Transaction): ITxnRequest {
  return {
    compare: compares.map(({ key, modRevision }) => ({
      key: keys.encode(key),
      target: 'Mod',
      result: 'Equal',
      mod_revision: modRevision,
    })),
    success: ops.map((op) => encodeOp(keys, op)),
    failure: compares.map(({ key }) => ({ request_range: { key: keys.encode(key) } })),
  };
}

function encodeOp(keys: EtcdKeys, op: Op): IRequestOp {
  const key = keys.encode(op.key);
  if (op.type === 'delete') return { request_delete_range: { key } };
  return { request_put: { key, value: Buffer.from(op.value), lease: op.lease ?? 0 } };
}

/** Several transactions as one: each is a transaction of its own inside it, so that each has its own compares. */
export function encodeGroup(keys: EtcdKeys, transactions: readonly Transaction[]): ITxnRequest {
  return { success: transactions.map((each) => ({ request_txn: encodeTransaction(keys, each) })) };
}

export function decodeGroup(keys: EtcdKeys, transactions: readonly Transaction[], response: ITxnResponse): Outcome[] {
  return transactions.map((each, i) => {
    const inner = response.responses[i]?.response_txn;
    if (!inner) throw new Error(`etcd answered ${response.responses.length} of ${transactions.length} transactions.`);
    return decodeTransaction(keys, each, inner, response.header);
  });
}

export function decodeTransaction(
  keys: EtcdKeys,
  transaction: Transaction,
  { succeeded, responses }: ITxnResponse,
  header: IResponseHeader,
): Outcome {
  const revision = Number(header.revision);
  if (!succeeded) return { result: refusal(keys, transaction, responses, revision), changed: false };
  const changed = responses.some((each) => each.response_put || Number(each.response_delete_range?.deleted ?? 0) > 0);
  return { result: { ok: true, revision }, changed };
}

function refusal(
  keys: EtcdKeys,
  { compares }: Transaction,
  responses: readonly IResponseOp[],
  revision: Revision,
): CommitResult {
  const found = new Map<string, StoredValue | undefined>();
  for (const [i, { key, modRevision }] of compares.entries()) {
    const kv = responses[i]?.response_range?.kvs[0];
    const value = kv && keys.value(kv);
    if ((value?.modRevision ?? 0) !== modRevision) found.set(key, value);
  }
  return { ok: false, revision, found };
}

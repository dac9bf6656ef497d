import { chmod } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { isApiError } from '../../../api/meta/errors.ts';
import { silentLogger } from '../../../platform/log.ts';
import { put } from '../store.suite.ts';
import type { Store, StoredValue } from '../store.ts';
import { WatchRecorder } from '../watch-recorder.fixture.ts';
import type { EncryptedStore } from './encrypted-store.ts';
import { openEncrypted } from './open-encrypted.ts';

/** A store on disk, and a look at all that stands there. */
export interface EncryptionFixture {
  /** Opens what was left behind, or a new one. */
  open(): Promise<Store>;
  /** Everything the store's own files or server hold, as they hold it. Only while the store is closed. */
  raw(): Promise<string>;
  /** Writes a key file and gives its path. */
  keyFile(text: string): string;
}

const SECRET = '/registry/core/secrets/default/password';
const MAP = '/registry/core/configmaps/default/plain';
const WORDS = 'correct-horse-battery-staple';

const base64Key = (fill: number) => Buffer.alloc(32, fill).toString('base64');
/** Keys by name, the first of which writes; `identity` stands for itself. */
const configuration = (...names: string[]) =>
  JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [
      {
        resources: ['secrets'],
        providers: names.map((name) =>
          name === 'identity'
            ? { identity: {} }
            : { aesgcm: { keys: [{ name, secret: base64Key(name.charCodeAt(0)) }] } },
        ),
      },
    ],
  });

/** What encryption at rest must do on any store. */
export function encryptionSuite(name: string, fixture: () => EncryptionFixture): void {
  const opened = async (text: string | undefined) => {
    const { open, keyFile } = fixture();
    const store = await open();
    try {
      return await openEncrypted(store, text === undefined ? undefined : keyFile(text), silentLogger);
    } catch (error) {
      await store.close();
      throw error;
    }
  };
  /** Runs something on the store, opened with these keys. */
  const within = async <T>(text: string | undefined, use: (store: Store) => Promise<T>): Promise<T> => {
    const store = await opened(text);
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  };
  const underneath = async (): Promise<StoredValue | undefined> => {
    const store = await fixture().open();
    try {
      return await store.get(SECRET);
    } finally {
      await store.close();
    }
  };

  test(`${name}: secrets never stand there as they are, and are read as they were`, async () => {
    await within(base64Key(1), async (store) => {
      const recorder = new WatchRecorder(store, '/registry/', await store.revision());
      await store.commit(put(SECRET, WORDS));
      const result = await store.commit(put(MAP, 'for all to see'));
      await recorder.until(() => recorder.revision >= result.revision);
      recorder.watch.stop();
      expect(recorder.lines.join('\n')).toContain(WORDS);
      expect((await store.get(SECRET))?.value).toBe(WORDS);
      expect((await store.list('/registry/core/secrets/')).values.map(({ value }) => value)).toEqual([WORDS]);
      const lost = await store.commit(put(SECRET, 'other', 0));
      expect(!lost.ok && lost.found.get(SECRET)?.value).toBe(WORDS);
    });
    const raw = await fixture().raw();
    expect(raw).toContain('for all to see');
    expect(raw).toContain('stowage:enc:aesgcm:v1:key1:');
    expect(raw).not.toContain(WORDS);
  });

  test(`${name}: keys rotate: the first writes, all read, and each start writes the old anew`, async () => {
    await within(configuration('a'), (store) => store.commit(put(SECRET, WORDS)));
    await within(configuration('a', 'b'), (store) => store.commit(put(`${SECRET}2`, WORDS)));
    expect((await underneath())?.value).toMatch(/^stowage:enc:aesgcm:v1:a:/);
    await within(configuration('b', 'a'), async (store) => expect((await store.get(SECRET))?.value).toBe(WORDS));
    expect((await underneath())?.value).toMatch(/^stowage:enc:aesgcm:v1:b:/);
    await within(configuration('b'), async (store) => {
      expect((await store.list('/registry/')).values.map(({ value }) => value)).toEqual([WORDS, WORDS]);
    });
    await within(configuration('identity', 'b'), async (store) => expect((await store.get(SECRET))?.value).toBe(WORDS));
    expect((await underneath())?.value).toBe(WORDS);
    await within(undefined, async (store) => expect((await store.get(SECRET))?.value).toBe(WORDS));
  });

  test(`${name}: without its key, or with another of its name, a master does not start, and nothing is lost`, async () => {
    await within(configuration('a'), (store) => store.commit(put(SECRET, WORDS)));
    const before = await underneath();
    const wrong = configuration('a').replace(base64Key('a'.charCodeAt(0)), base64Key(9));
    for (const [text, why] of [
      [undefined, /secrets\/default\/password is encrypted with the key "a", which this master was not given/],
      [configuration('b', 'identity'), /it has: "b"\). Nothing is lost: start it with --encryption-key/],
      [wrong, /is not opened by the key "a": another key of that name encrypted it/],
    ] as const) {
      await expect(opened(text)).rejects.toThrow(why);
      expect(await underneath()).toEqual(before);
    }
    await within(configuration('a'), async (store) => expect((await store.get(SECRET))?.value).toBe(WORDS));
  });

  test(`${name}: plain text is believed only where the file allows it`, async () => {
    await within(undefined, (store) => store.commit(put(SECRET, WORDS)));
    await expect(opened(configuration('a'))).rejects.toThrow(/is not encrypted, .* add the provider identity/);
    await within(configuration('a', 'identity'), async (store) => expect((await store.get(SECRET))?.value).toBe(WORDS));
    expect((await underneath())?.value).toMatch(/^stowage:enc:aesgcm:v1:a:/);
  });

  test(`${name}: a key file that every user of the machine may read is refused`, async () => {
    const { open, keyFile } = fixture();
    const file = keyFile(base64Key(1));
    await chmod(file, 0o644);
    const store = await open();
    const why = /keys is open to every user of this machine \(its mode is 644\): make it yours alone with `chmod 600 /;
    await expect(openEncrypted(store, file, silentLogger)).rejects.toThrow(why);
    await chmod(file, 0o640);
    await openEncrypted(store, file, silentLogger);
    await store.close();
  });

  test(`${name}: a value that another master wrote with a newer key, or that was moved, is refused and stays`, async () => {
    await within(configuration('b'), (store) => store.commit(put(SECRET, WORDS)));
    const sealed = (await underneath())!.value;
    const plain = await fixture().open();
    await plain.commit({ compares: [], ops: [{ type: 'delete', key: SECRET }] });
    await plain.close();
    await within(configuration('a', 'b'), async (store) => {
      const { inner } = store as EncryptedStore;
      await inner.commit(put(`${SECRET}-moved`, sealed));
      const refusal = await store.get(`${SECRET}-moved`).catch((error: unknown) => error);
      expect(isApiError(refusal) && refusal.code).toBe(500);
      expect(String(refusal)).toContain(`${SECRET}-moved is not opened by the key "b"`);
      const overwriting = await store.commit(put(`${SECRET}-moved`, 'new', 0)).catch((error: unknown) => error);
      expect(String(overwriting)).toContain('is not opened by');
      expect((await inner.get(`${SECRET}-moved`))?.value).toBe(sealed);
    });
  });
}

/** What every ControlStore must do, run against each adapter on its real backend. */
import { describe, expect, test } from 'vitest';
import type { ApiKey, ControlStore, Namespace } from '../control-store.ts';
import { type MakeStores, storesOfEachTest } from './stores.ts';

/** Declares the suite. */
export function controlStoreConformance(name: string, make: MakeStores): void {
  describe(`ControlStore: ${name}`, () => {
    const stores = storesOfEachTest(make);
    const control = (): ControlStore => stores().control;

    async function create(namespace: string): Promise<Namespace> {
      const created = await control().createNamespace({
        name: namespace,
        sealed: true,
        createdAt: 5,
      });
      expect(created).toBeDefined();
      return created!;
    }
    function keyOf(namespaceId: number, id: string, createdAt = 1): ApiKey {
      const secretHash = new Uint8Array(32).map((_, i) => i * 9);
      return { id, namespaceId, label: `key ${id}`, secretHash, createdAt };
    }
    const plain = (key: ApiKey | undefined) => key && { ...key, secretHash: [...key.secretHash] };

    test('a namespace is found by its name and by its id', async () => {
      const created = await create('orders');
      expect(created).toMatchObject({ name: 'orders', sealed: true, createdAt: 5 });
      expect(await control().namespaceByName('orders')).toEqual(created);
      expect(await control().namespaceById(created.id)).toEqual(created);
      expect(await control().namespaceByName('Orders')).toBeUndefined();
      expect(await control().namespaceById(created.id + 1_000)).toBeUndefined();
      const open = await control().createNamespace({ name: 'open', sealed: false, createdAt: 6 });
      expect(open?.sealed).toBe(false);
      expect(open?.id).not.toBe(created.id);
      expect(await control().listNamespaces()).toEqual([open, created]);
    });

    test('a name is given once, also to many who ask at once', async () => {
      const first = await create('orders');
      const again = { name: 'orders', sealed: false, createdAt: 9 };
      expect(await control().createNamespace(again)).toBeUndefined();
      expect(await control().namespaceByName('orders')).toEqual(first);
      const race = Array.from({ length: 8 }, () =>
        control().createNamespace({ name: 'race', sealed: true, createdAt: 1 }),
      );
      expect((await Promise.all(race)).filter((each) => each !== undefined)).toHaveLength(1);
    });

    test('a key is found by its id and listed in its namespace alone', async () => {
      const [mine, theirs] = [await create('mine'), await create('theirs')];
      const keys = [keyOf(mine.id, 'b', 2), keyOf(mine.id, 'a', 1), keyOf(theirs.id, 'c')];
      for (const key of keys) await control().createApiKey(key);
      expect(plain(await control().apiKeyById('b'))).toEqual(plain(keys[0]));
      expect(await control().apiKeyById('d')).toBeUndefined();
      const listed = await control().listApiKeys(mine.id);
      expect(listed.map(plain)).toEqual([plain(keys[1]), plain(keys[0])]);
      await expect(control().createApiKey(keyOf(mine.id, 'c'))).rejects.toThrow(/exist|duplicate/);
      await expect(control().createApiKey(keyOf(9_999, 'e'))).rejects.toThrow(/exist|foreign/);
      expect((await control().apiKeyById('c'))?.namespaceId).toBe(theirs.id);
    });

    test('a key is revoked once, and only from its own namespace', async () => {
      const [mine, theirs] = [await create('mine'), await create('theirs')];
      await control().createApiKey(keyOf(mine.id, 'k'));
      expect(await control().revokeApiKey(theirs.id, 'k', 7)).toBe(false);
      expect((await control().apiKeyById('k'))?.revokedAt).toBeUndefined();
      expect(await control().revokeApiKey(mine.id, 'k', 8)).toBe(true);
      expect(await control().revokeApiKey(mine.id, 'k', 9)).toBe(false);
      expect(await control().revokeApiKey(mine.id, 'none', 9)).toBe(false);
      expect((await control().apiKeyById('k'))?.revokedAt).toBe(8);
      expect((await control().listApiKeys(mine.id))[0]?.revokedAt).toBe(8);
    });
  });
}

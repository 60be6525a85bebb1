import { ValueError } from '@perdure/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ADDRESS, DEFAULT_NAMESPACE, loadClientConnectConfig } from '../src/index.ts';

const full = {
  PERDURE_ADDRESS: 'perdure.example.com:443',
  PERDURE_NAMESPACE: 'orders.acme',
  PERDURE_API_KEY: 'pk_secret-123',
  PERDURE_KEYRING: '/run/secrets/keyring.json',
};

describe('loadClientConnectConfig', () => {
  it('falls back to what `perdure dev` offers', () => {
    expect(loadClientConnectConfig({ env: {} })).toEqual({
      connectionOptions: { address: DEFAULT_ADDRESS },
      namespace: DEFAULT_NAMESPACE,
    });
    expect([DEFAULT_ADDRESS, DEFAULT_NAMESPACE]).toEqual(['localhost:7233', 'default']);
  });

  it('reads the four variables', () => {
    expect(loadClientConnectConfig({ env: full })).toEqual({
      connectionOptions: { address: 'perdure.example.com:443', apiKey: 'pk_secret-123' },
      namespace: 'orders.acme',
      keyring: '/run/secrets/keyring.json',
    });
  });

  it('reads process.env unless told otherwise', () => {
    const before = process.env.PERDURE_NAMESPACE;
    process.env.PERDURE_NAMESPACE = 'from-process';
    try {
      expect(loadClientConnectConfig().namespace).toBe('from-process');
    } finally {
      if (before === undefined) delete process.env.PERDURE_NAMESPACE;
      else process.env.PERDURE_NAMESPACE = before;
    }
  });

  it('lets arguments win, one by one', () => {
    const config = loadClientConnectConfig({
      env: full,
      address: 'ws://localhost:1',
      apiKey: 'other',
    });
    expect(config).toMatchObject({
      connectionOptions: { address: 'ws://localhost:1', apiKey: 'other' },
      namespace: 'orders.acme',
    });
  });

  it('takes empty and blank variables as unset, and drops blanks around values', () => {
    const env = { PERDURE_ADDRESS: ' ', PERDURE_NAMESPACE: '', PERDURE_API_KEY: ' pk_1\n' };
    expect(loadClientConnectConfig({ env })).toEqual({
      connectionOptions: { address: DEFAULT_ADDRESS, apiKey: 'pk_1' },
      namespace: DEFAULT_NAMESPACE,
    });
  });

  it.each([
    '127.0.0.1:7233',
    '[::1]:7233',
    'my-host:1',
    'https://perdure.example.com',
    'wss://h:9/path',
  ])('takes the address %s', (address) => {
    expect(loadClientConnectConfig({ env: {}, address }).connectionOptions.address).toBe(address);
  });

  it.each([
    'localhost',
    ':7233',
    'host:0',
    'host:65536',
    'host:port',
    'ftp://host',
    'http://',
    'a b:1',
  ])('refuses the address %s, naming the variable and an example', (address) => {
    const load = () => loadClientConnectConfig({ env: { PERDURE_ADDRESS: address } });
    expect(load).toThrow(ValueError);
    expect(load).toThrow(/PERDURE_ADDRESS must be host:port .* 'localhost:7233'/);
  });

  it('refuses a namespace with blanks', () => {
    const load = () => loadClientConnectConfig({ env: { PERDURE_NAMESPACE: 'my orders' } });
    expect(load).toThrow(/PERDURE_NAMESPACE .* 'orders.acme'; got 'my orders'/);
  });

  it('never prints a secret', () => {
    const secret = fc.string({ minLength: 8, maxLength: 40, unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(secret, (text) => {
        const apiKey = `hunter2${text}`;
        try {
          const config = loadClientConnectConfig({ env: { PERDURE_API_KEY: apiKey } });
          expect(config.connectionOptions.apiKey).toBe(apiKey.trim());
        } catch (error) {
          expect((error as Error).message).toMatch(/PERDURE_API_KEY/);
          expect((error as Error).message).not.toContain('hunter2');
        }
      }),
    );
    for (const address of [
      'https://user:hunter2@host',
      'https://host?key=hunter2',
      'host:1#hunter2',
    ]) {
      expect(() => loadClientConnectConfig({ env: {}, address })).toThrow(/PERDURE_ADDRESS/);
      expect(() => loadClientConnectConfig({ env: {}, address })).not.toThrow(/hunter2/);
    }
  });
});

import { expect, it } from 'vitest';
import * as envconfig from '../src/index.ts';

it('what programs import is there, by its name', () => {
  expect(typeof envconfig.loadClientConnectConfig).toBe('function');
  expect(envconfig.DEFAULT_ADDRESS).toBe('localhost:7233');
  expect(envconfig.DEFAULT_NAMESPACE).toBe('default');
});

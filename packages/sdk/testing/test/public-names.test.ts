/** What tests of users import: every value by name and kind. */
import { describe, expect, it } from 'vitest';
import * as testing from '../src/index.ts';

const kinds: Record<string, string> = {
  MockActivityEnvironment: 'function',
  TestWorkflowEnvironment: 'function',
  defaultActivityInfo: 'object',
  workflowInterceptorModules: 'object',
};

describe('what tests import', () => {
  it('is there, by its name', () => {
    const fields: Record<string, unknown> = testing;
    const found = Object.keys(kinds).map((name) => [name, typeof fields[name]]);
    expect(Object.fromEntries(found)).toEqual(kinds);
    const environment = testing.TestWorkflowEnvironment;
    expect(typeof environment.createLocal).toBe('function');
    expect(typeof environment.createTimeSkipping).toBe('function');
    expect(typeof environment.createFromExistingServer).toBe('function');
  });

  it('has a client for activities that want one', async () => {
    const { Client } = await import('@perdure/client');
    const { getClient } = await import('@perdure/activity');
    const client = new Client({ namespace: 'default' });
    const env = new testing.MockActivityEnvironment({}, { client });
    expect(await env.run(getClient)).toBe(client);
    const without = new testing.MockActivityEnvironment();
    await expect(without.run(async () => getClient())).rejects.toThrow('options.client');
    await client.connection.close();
  });
});

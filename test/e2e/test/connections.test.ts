/** How programs introduce themselves: certificates on both sides, keys that change, headers. */
import { Connection, type ConnectionOptions, WorkflowNotFoundError } from '@perdure/client';
import { PerdureServiceError, ValueError } from '@perdure/common';
import {
  CertificateAuthority,
  type PlatformAccess,
  type TlsProxy,
  asOperator,
  clientOf,
  connectTo,
  createNamespace,
  eventually,
  rejectionOf,
  tlsProxy,
} from '@perdure/test-support';
import type { TlsOptions } from 'node:tls';
import { beforeEach, describe, expect, it } from 'vitest';
import { useFixture } from './fixture.ts';

const fixture = useFixture('foobar');
const authority = new CertificateAuthority();
const stranger = new CertificateAuthority('nobody’s authority');
const host = 'perdure.test';
const tls = { serverRootCACertificate: authority.certificate, serverNameOverride: host };

/** An encrypted way to a server. */
function proxyOf(server: PlatformAccess, options: TlsOptions = {}): Promise<TlsProxy> {
  const { crt: cert, key } = authority.issue(host);
  return tlsProxy(fixture.stage, server, { cert, key, ...options });
}

/** Whether calls get through to the namespace. */
async function isServed(connection: Connection, namespace = fixture.platform.namespace) {
  const { stage, platform } = fixture;
  const client = await clientOf(stage, platform, { connection, namespace });
  const error = await rejectionOf(client.workflow.getHandle('nobody').describe());
  if (!(error instanceof WorkflowNotFoundError)) throw error;
  return true;
}

describe('an encrypted way to the server', () => {
  let open: TlsProxy;
  let mutual: TlsProxy;
  beforeEach(async () => {
    const { platform } = fixture;
    open = await proxyOf(platform);
    const mustShow = { requestCert: true, rejectUnauthorized: true };
    mutual = await proxyOf(platform, { ...mustShow, ca: authority.certificate });
  });

  const connect = (proxy: TlsProxy, options: ConnectionOptions) =>
    connectTo(fixture.stage, { ...fixture.platform, address: proxy.address }, options);

  it('is taken when the certificate is of who is trusted, by the name that is said', async () => {
    expect(await isServed(await connect(open, { tls }))).toBe(true);
  });

  it.each<[string, ConnectionOptions['tls']]>([
    ['of nobody that Node trusts', true],
    ['of somebody else', { ...tls, serverRootCACertificate: stranger.certificate }],
    ['for another name', { ...tls, serverNameOverride: 'other.test' }],
    ['without the name of the address', { serverRootCACertificate: authority.certificate }],
  ])('is not taken, at once, with a certificate %s', async (_, wrong) => {
    const connectTimeout = '1 hour';
    const error = await rejectionOf(connect(open, { tls: wrong, connectTimeout }));
    expect(error).toMatchObject({ code: 'UNAVAILABLE' });
    expect(error.message).toContain('serverRootCACertificate');
  });

  it('may ask for the client’s certificate, whose key may have a passphrase', async () => {
    const clientCertPair = {
      ...authority.issue('a worker', 'open sesame'),
      passphrase: 'open sesame',
    };
    const connection = await connect(mutual, { tls: { ...tls, clientCertPair } });
    const echo = async (name: string) => name;
    await fixture.worker({ connection, activities: { foo: echo, bar: echo } });
    const handle = await fixture.start('fooBar', 'through');
    expect(await handle.result()).toBe('through');
    const unknown = { ...tls, clientCertPair: stranger.issue('a stranger') };
    for (const wrong of [tls, unknown]) {
      const error = await rejectionOf(connect(mutual, { tls: wrong, connectTimeout: 500 }));
      expect(error).toMatchObject({ code: 'UNAVAILABLE' });
    }
  });

  it('carries the headers that are given, again when it is made anew', async () => {
    const connection = await connect(open, { tls, metadata: { 'X-Team': 'red' } });
    expect(open.handshakes[0]).toMatch(/^x-team: red\r$/im);
    connection.setMetadata({ 'x-team': 'blue' });
    open.cut();
    expect(await isServed(connection)).toBe(true);
    expect(open.handshakes.at(-1)).toMatch(/^x-team: blue\r$/im);
  });

  it('is not left for an open one because the address says so', () => {
    expect(() => Connection.lazy({ address: `http://${open.address}`, tls })).toThrow(ValueError);
    expect(Connection.lazy({ address: open.address, tls: true }).address).toMatch(/^https:/);
  });
});

describe('an API key', () => {
  const tenantOf = (name: string) => createNamespace(fixture.platform, name);
  const revoke = (tenant: Awaited<ReturnType<typeof tenantOf>>) =>
    asOperator(tenant, (control) =>
      control.revokeApiKey.mutate({ namespace: tenant.namespace, id: tenant.apiKeyId }),
    );
  const anotherKey = (tenant: Awaited<ReturnType<typeof tenantOf>>) =>
    asOperator(tenant, (control) =>
      control.createApiKey.mutate({ namespace: tenant.namespace, label: 'next' }),
    );

  it('may be told by a function: it is asked again when the server no longer takes the last', async () => {
    const tenant = await tenantOf('told');
    const proxy = await proxyOf(tenant);
    let apiKey = tenant.apiKey;
    const options = { address: proxy.address, tls, apiKey: () => apiKey };
    const connection = await connectTo(fixture.stage, tenant, options);
    apiKey = (await anotherKey(tenant)).key;
    await revoke(tenant);
    await eventually(() => expect(proxy.handshakes[1]).toContain(apiKey));
    expect(await isServed(connection, tenant.namespace)).toBe(true);
  });

  it('may be exchanged; what is asked while the old one goes is answered', async () => {
    const tenant = await tenantOf('exchanged');
    const proxy = await proxyOf(tenant);
    const { address } = proxy;
    const connection = await connectTo(fixture.stage, tenant, { address, tls });
    const { key } = await anotherKey(tenant);
    connection.setApiKey(key);
    expect(() => connection.setApiKey('two words')).toThrow(ValueError);
    const answers = Promise.all([revoke(tenant), isServed(connection, tenant.namespace)]);
    await eventually(() => expect(proxy.handshakes[1]).toContain(key));
    expect((await answers)[1]).toBe(true);
    expect(await isServed(connection, tenant.namespace)).toBe(true);
  });

  it('that goes without another ends the connection', async () => {
    const tenant = await tenantOf('ended');
    const connection = await connectTo(fixture.stage, tenant);
    await revoke(tenant);
    await eventually(async () => {
      const error = await rejectionOf(isServed(connection, tenant.namespace));
      expect(error).toMatchObject({ code: 'UNAUTHENTICATED' });
    });
  });

  it('cannot be exchanged for single calls, unlike other headers, which go nowhere', async () => {
    const connection = await connectTo(fixture.stage, fixture.platform);
    const call = () => isServed(connection);
    expect(await connection.withMetadata({ trace: '1' }, call)).toBe(true);
    const other = connection.withMetadata({ Authorization: 'Bearer x' }, call);
    await expect(other).rejects.toThrow(ValueError);
  });

  it('that cannot be told is said to be the reason, without waiting', async () => {
    const apiKey = () => {
      throw new Error('the vault is shut');
    };
    const { address } = fixture.platform;
    const error = await rejectionOf(
      Connection.connect({ address, apiKey, connectTimeout: '1 hour' }),
    );
    expect(error).not.toBeInstanceOf(PerdureServiceError);
    expect(error.message).toContain('the vault is shut');
  });
});

it.each<[string, ConnectionOptions]>([
  ['a header over two lines', { metadata: { a: 'b\r\nc: d' } }],
  ['a header of the connection’s own', { metadata: { Host: 'elsewhere' } }],
  ['a certificate that is none', { tls: { serverRootCACertificate: Buffer.from('secret!') } }],
  ['interceptors of gRPC', { interceptors: [() => {}] }],
  ['credentials of gRPC', { callCredentials: [{}] }],
])('%s is refused, unquoted', (_, options) => {
  const { address } = fixture.platform;
  const connect = () => Connection.lazy({ address, ...options });
  expect(connect).toThrow(ValueError);
  expect(connect).not.toThrow(/secret!|c: d/);
});

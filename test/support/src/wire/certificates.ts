/**
 * Certificates for a test, made on the spot and valid for a day: an authority that is made up, and
 * what it signs. Just enough of X.509 (RFC 5280) in DER for TLS to take them; keys are P-256.
 */
import { type KeyObject, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A certificate and its key, in PEM. */
export interface CertificatePair {
  readonly crt: Buffer;
  readonly key: Buffer;
}

/** Signs certificates. Nobody trusts it who is not told to. */
export class CertificateAuthority {
  /** In PEM, for whoever is to trust it. */
  readonly certificate: Buffer;
  readonly #name: string;
  readonly #key: KeyObject;

  constructor(name = 'an authority for tests') {
    const { privateKey, publicKey } = newKeys();
    this.#name = name;
    this.#key = privateKey;
    this.certificate = this.#signed(name, publicKey, basicConstraints(true));
  }

  /** A certificate for a host name, good for servers and for clients. */
  issue(host: string, passphrase?: string): CertificatePair {
    const { privateKey, publicKey } = newKeys();
    const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
    const key = privateKey.export({ type: 'pkcs8', format: 'pem', ...encryption });
    const extensions = [basicConstraints(false), subjectAltName(host)];
    return { crt: this.#signed(host, publicKey, ...extensions), key: Buffer.from(key) };
  }

  #signed(subject: string, publicKey: KeyObject, ...extensions: Buffer[]): Buffer {
    const day = 24 * 3_600_000;
    const certificate = sequence(
      tagged(0xa0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
      ecdsaWithSha256,
      nameOf(this.#name),
      sequence(time(Date.now() - day), time(Date.now() + day)),
      nameOf(subject),
      publicKey.export({ type: 'spki', format: 'der' }),
      tagged(0xa3, sequence(...extensions)),
    );
    const signature = sign('sha256', certificate, this.#key);
    return pem(sequence(certificate, ecdsaWithSha256, bitString(signature)));
  }
}

function newKeys() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** Tag, length, content. */
function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

const sequence = (...parts: Buffer[]): Buffer => tagged(0x30, ...parts);
const integer = (bytes: Buffer): Buffer => tagged(0x02, bytes);
const bitString = (bytes: Buffer): Buffer => tagged(0x03, Buffer.from([0]), bytes);
const identifier = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'));
const text = (value: string): Buffer => tagged(0x0c, Buffer.from(value));

/** 1.2.840.10045.4.3.2 */
const ecdsaWithSha256 = sequence(identifier('2a8648ce3d040302'));

/** A name that has a common name (2.5.4.3) and nothing else. */
function nameOf(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(identifier('550403'), text(commonName))));
}

/** UTCTime, good until 2049. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/\D/g, '').slice(2, 14);
  return tagged(0x17, Buffer.from(`${digits}Z`));
}

/** Extension 2.5.29.19, critical. */
function basicConstraints(isAuthority: boolean): Buffer {
  const yes = tagged(0x01, Buffer.from([0xff]));
  return sequence(identifier('551d13'), yes, tagged(0x04, sequence(...(isAuthority ? [yes] : []))));
}

/** Extension 2.5.29.17: one DNS name. */
function subjectAltName(host: string): Buffer {
  return sequence(identifier('551d11'), tagged(0x04, sequence(tagged(0x82, Buffer.from(host)))));
}

function pem(der: Buffer): Buffer {
  const lines = der.toString('base64').match(/.{1,64}/g)!;
  return Buffer.from(
    `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  );
}

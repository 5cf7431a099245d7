import { createHash, generateKeyPairSync, sign } from 'node:crypto';

/** @file Certificates that nobody knows: written in DER by hand, as Node only reads them. */

/** A key and a certificate that it signed itself, as PEM. */
export interface SelfSigned {
  key: string;
  cert: string;
}

/** For whom, and until when. */
export interface Subject {
  /** Names of hosts; without any it is for the address 127.0.0.1. */
  names?: readonly string[];
  /** How many hours from now it ends; -1 is an hour ago. Default: a day. */
  endsInHours?: number;
}

/** Makes one that began two hours ago ([RFC 5280, 4.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.1)). */
export function selfSigned({ names = [], endsInHours = 24 }: Subject = {}): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const ecdsaWithSha256 = sequence(bytes(0x06, '2a8648ce3d040302'));
  const name = sequence(
    der(0x31, sequence(bytes(0x06, '550403'), der(0x0c, Buffer.from('dropsafe tests')))),
  );
  const hourMs = 3_600_000;
  const subjects =
    names.length === 0
      ? [der(0x87, Buffer.from([127, 0, 0, 1]))]
      : names.map((host) => der(0x82, Buffer.from(host)));
  const subjectAltName = sequence(bytes(0x06, '551d11'), der(0x04, sequence(...subjects)));
  const body = sequence(
    der(0xa0, bytes(0x02, '02')),
    der(
      0x02,
      Buffer.concat([Buffer.from([1]), createHash('sha256').update(spki).digest().subarray(0, 8)]),
    ),
    ecdsaWithSha256,
    name,
    sequence(time(Date.now() - 2 * hourMs), time(Date.now() + endsInHours * hourMs)),
    name,
    spki,
    der(0xa3, sequence(subjectAltName)),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(
    body,
    ecdsaWithSha256,
    der(0x03, Buffer.concat([Buffer.from([0]), signature])),
  );
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  };
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

const bytes = (tag: number, hex: string) => der(tag, Buffer.from(hex, 'hex'));
const sequence = (...parts: Buffer[]) => der(0x30, Buffer.concat(parts));
/** UTCTime: YYMMDDHHMMSSZ. */
const time = (ms: number) =>
  der(0x17, Buffer.from(new Date(ms).toISOString().replaceAll(/^20|[-:T]|\.\d+/g, '')));

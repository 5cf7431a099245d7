import { describe, expect, test } from 'vitest';
import type { StoredEvent } from './chain.ts';
import { csvCell, headOf, lineOf, parseLine } from './export.ts';

const event: StoredEvent = {
  id: 7,
  at: '2026-11-24T12:00:00.000Z',
  principalKind: 'user',
  principalId: '00000000-0000-4000-8000-000000000001',
  principalName: '=anna',
  means: 'password',
  action: 'secret.updated',
  subject: 'NAME',
  fields: ['value', 'description'],
  permissions: null,
  address: '2001:db8::1',
  requestId: 'request',
  mac: new Uint8Array(32).fill(0xab),
};

describe('a cell of CSV', () => {
  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('%j is no formula', (text) => {
    expect(csvCell(text)).toBe(`"'${text}"`);
  });

  test.each([
    ['plain', 'plain'],
    ['with "quotes"', '"with ""quotes"""'],
    ['a,b', '"a,b"'],
    ['two\r\nlines', '"two\r\nlines"'],
    ['=a,"b"', `"'=a,""b"""`],
    ['', ''],
  ])('%j is written as RFC 4180 wants it', (text, cell) => {
    expect(csvCell(text)).toBe(cell);
  });
});

test('a file of CSV has a head, and one record for each event', () => {
  expect(headOf('csv') + lineOf('csv', event)).toBe(
    'id,at,principalKind,principalId,principalName,means,action,subject,fields,permissions,address,requestId\r\n' +
      `7,2026-11-24T12:00:00.000Z,user,00000000-0000-4000-8000-000000000001,"'=anna",password,secret.updated,NAME,value description,,2001:db8::1,request\r\n`,
  );
});

describe('a line of NDJSON', () => {
  test('is read back as the event that it was', () => {
    const line = lineOf('ndjson', event);
    expect(line.endsWith('}\n')).toBe(true);
    expect(parseLine(line)).toEqual({ ...event, mac: Buffer.from(event.mac) });
  });

  test.each(['', '{', '[]', '{"id":1}', lineOf('ndjson', event).replace('"mac"', '"more"')])(
    'is none: %j',
    (line) => {
      expect(parseLine(line)).toBeUndefined();
    },
  );
});

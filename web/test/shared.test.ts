import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { asksAgencies, withoutStrayAgencies } from '../src/form/shared-with';
import { checkRecord } from '../src/form/faults';
import {
  consenting,
  sharedWith,
  sharedWords,
  takingPart,
} from '../src/screens/case/timeline/shared';
import type { Data, Schema, Sight } from '../src/types';

const progress: Schema = JSON.parse(
  readFileSync(new URL('../../schemas/forms/progress/1.0.0.json', import.meta.url), 'utf8'),
);
/** The part of the form that is about sharing, with its codes. */
const form: Schema = {
  ...progress,
  required: ['sharedWith'],
  $defs: {
    'urn:soudan:codes:shared-with:1.0.0': {
      oneOf: [
        { const: 'own', title: '自分の機関まで' },
        { const: 'list', title: '選んだ機関まで' },
      ],
    },
  },
  properties: {
    sharedWith: { title: '共有範囲', $ref: 'urn:soudan:codes:shared-with:1.0.0' },
    sharedAgencies: progress.properties?.sharedAgencies ?? false,
  },
};

const sight = (agencyId: string, changes: Partial<Sight> = {}): Sight => ({
  agencyId,
  agencyName: agencyId,
  roleLabels: [],
  staff: [],
  basis: 'consent',
  basisLabel: '同意',
  personIds: ['p-1'],
  classes: [1, 2, 4],
  taxData: false,
  task: false,
  from: null,
  to: null,
  ...changes,
});
const OWN = { agencyId: 'office' };
const found = (...items: Sight[]) => consenting({ items, liveConsents: [] }, OWN, 'p-1');

describe('whom a record of progress is shared with to begin with', () => {
  test('agencies that a consent lets read it today, each once', () => {
    expect(found(sight('npo'), sight('npo', { classes: [4] }), sight('school'))).toEqual([
      'npo',
      'school',
    ]);
  });
  test('nobody by another basis, another person, another class, later, or for a task alone', () => {
    expect(
      found(
        sight('npo', { basis: 'municipal-duty' }),
        sight('npo', { personIds: ['p-2'] }),
        sight('npo', { classes: [1, 2] }),
        sight('npo', { from: '2026-09-01' }),
        sight('npo', { task: true }),
        sight('office'),
      ),
    ).toEqual([]);
  });
  test('without any consent it stays with who writes it', () => {
    expect(sharedWith([])).toEqual({ sharedWith: 'own' });
    expect(sharedWith(['npo'])).toEqual({ sharedWith: 'list', sharedAgencies: ['npo'] });
  });
});

describe('what the line says', () => {
  const words = (data: Data) =>
    sharedWords(form)(data, {
      'case-agencies': [
        { value: 'npo', label: 'NPO法人' },
        { value: 'school', label: '小学校' },
      ],
    });
  test('the agencies by name, or how far it goes', () => {
    expect(words({ sharedWith: 'list', sharedAgencies: ['npo', 'school'] })).toBe(
      'NPO法人、小学校',
    );
    expect(words({ sharedWith: 'own' })).toBe('自分の機関まで');
    expect(words({ sharedWith: 'list' })).toBe('機関を選んでください');
  });
});

test('agencies are asked for only where some are chosen, and then must be', () => {
  const asking = asksAgencies(form);
  const asked = (data: Data) => checkRecord(data, asking).map(({ pointer }) => pointer);
  expect(asked({ sharedWith: 'list' })).toContain('/sharedAgencies');
  expect(asked({ sharedWith: 'own' })).not.toContain('/sharedAgencies');
});

test('agencies chosen before mean nothing in another scope', () => {
  expect(withoutStrayAgencies({ sharedWith: 'own', sharedAgencies: ['npo'] })).toEqual({
    sharedWith: 'own',
  });
  const listed = { sharedWith: 'list', sharedAgencies: ['npo'] };
  expect(withoutStrayAgencies(listed)).toBe(listed);
});

test('who takes part today, as far as one may know', () => {
  const members = {
    members: [
      { agencyId: 'npo', from: '2026-01-01' },
      { agencyId: 'gone', from: '2026-01-01', to: '2026-03-31' },
      { agencyId: 'last-day', from: '2026-01-01', to: '2026-06-01' },
    ],
  };
  expect([...(takingPart(members, '2026-06-01') ?? [])]).toEqual(['npo', 'last-day']);
  expect(takingPart(undefined, '2026-06-01')).toBeNull();
});

import { expect, test } from 'vitest';
import { BOX, drawEcoMap, type Outside } from '../src/screens/case/household/ecomap';
import {
  drawGenogram,
  livesHere,
  SLOT,
  SYMBOL,
  type Person,
  type Point,
  type Tie,
} from '../src/screens/case/household/layout';
import { outsideOf } from '../src/screens/case/household/outside';
import { ageOf, personSentence, tieSentence } from '../src/screens/case/household/words';

const person = (personId: string, changes: Partial<Person> = {}): Person => ({
  personId,
  label: personId,
  relation: '',
  isSubject: false,
  sex: null,
  birthDate: null,
  deceased: false,
  cohabitation: null,
  left: false,
  ...changes,
});
const tie = (kind: string, from: string, to: string): Tie => ({ kind, from, to, derived: false });

const FAMILY: { nodes: Person[]; edges: Tie[] } = {
  nodes: [
    person('subject', { isSubject: true, sex: '2' }),
    person('father', { relation: '父', sex: '1', deceased: true }),
    person('mother', { relation: '母', sex: '2', cohabitation: '1' }),
    person('former', { relation: 'その他', sex: '1', cohabitation: '2' }),
    person('partner', { relation: 'その他', sex: '1', cohabitation: '1' }),
    person('son', { relation: '子', sex: '1', cohabitation: '1' }),
    person('daughter', { relation: '子', sex: '2', cohabitation: '2' }),
    person('brother', { relation: '弟', sex: '1' }),
    person('aunt', { relation: 'おじ・おば', sex: '2' }),
    person('grandson', { relation: '孫', sex: '1' }),
  ],
  edges: [
    tie('parent', 'father', 'subject'),
    tie('parent', 'mother', 'subject'),
    tie('spouse', 'father', 'mother'),
    tie('former-spouse', 'former', 'subject'),
    tie('partner', 'partner', 'subject'),
    tie('parent', 'subject', 'son'),
    tie('parent', 'former', 'son'),
    tie('parent', 'subject', 'daughter'),
    tie('parent', 'former', 'daughter'),
    tie('sibling', 'brother', 'subject'),
  ],
};

/** Families nobody would make up: any ties between any persons, contradictions and loops too. */
function madeUp(seed: number): { nodes: Person[]; edges: Tie[] } {
  let state = seed;
  const draw = (below: number): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
  const size = 1 + draw(14);
  const nodes = Array.from({ length: size }, (_, at) =>
    person(`p${at}`, {
      isSubject: at === 0,
      cohabitation: ['1', '2', '9', null][draw(4)] ?? null,
      deceased: draw(6) === 0,
      left: draw(6) === 0,
      relation: ['', '子', '祖父', '孫', 'おじ・おば'][draw(5)] ?? '',
    }),
  );
  const kinds = ['parent', 'parent', 'spouse', 'partner', 'former-spouse', 'sibling'];
  const edges = Array.from({ length: draw(size * 2) }, () =>
    tie(kinds[draw(6)] ?? 'parent', `p${draw(size)}`, `p${draw(size + 1)}`),
  );
  return { nodes, edges };
}

const ALL = [FAMILY, ...Array.from({ length: 400 }, (_, seed) => madeUp(seed + 1))];

test('everyone is drawn once, nobody over anybody else, all within the picture', () => {
  for (const family of ALL) {
    const { persons, width, height } = drawGenogram(family);
    expect(persons.map((p) => p.person.personId)).toEqual(family.nodes.map((n) => n.personId));
    persons.forEach((a, at) => {
      expect(a.x - SYMBOL / 2).toBeGreaterThanOrEqual(0);
      expect(a.y - SYMBOL / 2).toBeGreaterThanOrEqual(0);
      expect(a.x + SYMBOL / 2).toBeLessThan(width);
      expect(a.y + SYMBOL / 2).toBeLessThan(height);
      for (const b of persons.slice(at + 1)) {
        const apart = Math.abs(a.x - b.x) >= SLOT - 1 || Math.abs(a.y - b.y) >= SYMBOL;
        expect(apart, `${a.person.personId} ${b.person.personId}`).toBe(true);
      }
    });
  }
});

test('the same family is drawn the same, however its ties are ordered', () => {
  for (const family of ALL) {
    const turned = { ...family, edges: [...family.edges].reverse() };
    expect(drawGenogram(turned)).toEqual(drawGenogram(family));
  }
});

function within(point: Point, corners: readonly Point[]): boolean {
  let inside = false;
  corners.forEach((a, at) => {
    const b = corners[(at + 1) % corners.length] ?? a;
    const crosses = a.y > point.y !== b.y > point.y;
    if (crosses && point.x < ((b.x - a.x) * (point.y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
  });
  return inside;
}

test('the outlines hold those who live together and nobody else', () => {
  for (const family of ALL) {
    const { persons, outlines } = drawGenogram(family);
    for (const placed of persons) {
      const half = SYMBOL / 2;
      for (const [dx, dy] of [
        [-half, -half],
        [half, -half],
        [-half, half],
        [half, half],
      ] as const) {
        const corner = { x: placed.x + dx, y: placed.y + dy };
        const held = outlines.some((corners) => within(corner, corners));
        expect(held, placed.person.personId).toBe(livesHere(placed.person));
      }
    }
  }
});

test('parents stand above their children, couples in one row, and each tie is drawn', () => {
  const { persons, lines } = drawGenogram(FAMILY);
  const y = (id: string): number => persons.find((p) => p.person.personId === id)?.y ?? NaN;
  expect(y('mother')).toBe(y('father'));
  expect(y('mother')).toBe(y('aunt'));
  expect(y('subject')).toBeGreaterThan(y('mother'));
  expect(new Set(['former', 'partner', 'brother'].map(y))).toEqual(new Set([y('subject')]));
  expect(y('son')).toBeGreaterThan(y('subject'));
  expect(y('grandson')).toBeGreaterThan(y('son'));
  const kinds = lines.map((line) => line.kind);
  expect(kinds.filter((kind) => kind === 'spouse')).toHaveLength(1);
  expect(kinds.filter((kind) => kind === 'former-spouse')).toHaveLength(1);
  expect(kinds.filter((kind) => kind === 'partner')).toHaveLength(1);
  // Bar, the parents' stem and the child; bar, stem and two children; bar and two siblings.
  expect(kinds.filter((kind) => kind === 'children')).toHaveLength(3 + 4);
  expect(kinds.filter((kind) => kind === 'siblings')).toHaveLength(3);
});

test('nobody at all makes no picture of numbers that are none', () => {
  const { width, height } = drawGenogram({ nodes: [], edges: [] });
  expect([width, height].every(Number.isFinite)).toBe(true);
});

const outside = (key: string, changes: Partial<Outside> = {}): Outside => ({
  key,
  name: key,
  who: null,
  quality: null,
  note: '',
  ...changes,
});

test('every partner stands in one box of the eco-map and no boxes touch', () => {
  for (const count of [0, 1, 2, 3, 7, 20, 60]) {
    const ties = Array.from({ length: count }, (_, at) => outside(`a${at}`));
    const map = drawEcoMap([...ties, ...ties.map((t) => ({ ...t, who: '花子' }))]);
    expect(map.boxes.map((box) => box.key)).toEqual(ties.map((t) => t.key));
    expect(map.strands).toHaveLength(count * 2);
    map.boxes.forEach((a, at) => {
      for (const value of [a.x - BOX.width / 2, a.y - BOX.height / 2]) {
        expect(value).toBeGreaterThanOrEqual(0);
      }
      expect(a.x + BOX.width / 2).toBeLessThanOrEqual(map.size);
      for (const b of map.boxes.slice(at + 1)) {
        const apart = Math.abs(a.x - b.x) > BOX.width || Math.abs(a.y - b.y) > BOX.height;
        expect(apart, `${a.key} ${b.key}`).toBe(true);
      }
    });
  }
});

test('the outside comes from the assessment first, then the agencies, each once', () => {
  const found = outsideOf({
    resource: {
      members: [
        {
          agencyId: 'a1',
          agencyName: '地域包括',
          role: 'participant',
          from: '2026-01-01',
          to: null,
        },
        { agencyId: 'a2', agencyName: '社協', role: 'coordinator', from: '2026-01-01', to: null },
        { agencyId: 'a2', agencyName: '社協', role: 'coordinator', from: '2026-02-01', to: null },
        {
          agencyId: 'a3',
          agencyName: '元の機関',
          role: 'participant',
          from: '2025-01-01',
          to: '2025-12-31',
        },
      ],
    } as never,
    genogram: FAMILY,
    assessment: {
      ties: [
        { partner: '担当者', agencyId: 'a1', personId: 'mother', tie: 'strained' },
        { partner: '釣り仲間' },
      ],
      relations: [
        { personId: 'brother', tie: 'cut' },
        { personId: 'not-shown', tie: 'cut' },
      ],
    },
    intake: { involvedAgencies: [{ agencyName: '社協' }, { agencyKind: '05' }] },
    agencyNames: new Map([['a1', '地域包括']]),
    agencyKinds: new Map([['05', '障害の相談支援']]),
    roles: new Map([['coordinator', '多機関協働事業者']]),
    today: '2026-06-01',
  });
  expect(found.map(({ name, who, quality }) => [name, who, quality])).toEqual([
    ['担当者', 'mother', 'strained'],
    ['釣り仲間', null, null],
    ['brother（弟）', 'subject', 'cut'],
    ['社協', null, null],
    ['障害の相談支援', null, null],
  ]);
});

test('the words say what the picture shows', () => {
  const born = { y: 1965, m: 6, d: 2 };
  expect(ageOf(born, '2026-06-01')).toEqual({ years: 60, exact: true });
  expect(ageOf(born, '2026-06-02')).toEqual({ years: 61, exact: true });
  expect(ageOf({ y: 1965, m: null, d: null }, '2026-06-01')).toEqual({ years: 61, exact: false });
  expect(ageOf({ y: null, m: null, d: null }, '2026-06-01')).toBe(null);
  const subject = person('花子', { isSubject: true, relation: '本人', sex: '2', birthDate: born });
  expect(personSentence(subject, '2026-06-02')).toBe(
    '花子（本人）：女性、昭和40年6月2日生まれ、61歳、この世帯で暮らしています。',
  );
  const dead = person('太郎', { relation: '父', sex: '1', deceased: true, birthDate: born });
  expect(personSentence(dead, '2026-06-02')).toBe(
    '太郎（父）：男性、昭和40年6月2日生まれ、亡くなっています。',
  );
  expect(tieSentence({ ...tie('parent', '太郎', '花子'), derived: true }, [subject, dead])).toBe(
    '太郎は、花子の親です（続柄から）。',
  );
});

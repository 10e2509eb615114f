/**
 * Where the persons of a genogram stand and which lines join them: pure, the same for the same
 * household. Generations are rows, parents above children; within a row those who live in the
 * household stand together, so that one outline holds them and nobody else.
 *
 * Notation: McGoldrick et al., as taught to social workers: a line below two symbols joins a couple
 * (broken: partners; crossed twice: parted), children hang from a bar below their parents.
 */
import type { Genogram } from '../../../types';

export type Person = Genogram['nodes'][number];
export type Tie = Genogram['edges'][number];

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Placed extends Point {
  readonly person: Person;
}

export interface Line {
  readonly key: string;
  readonly kind: 'spouse' | 'partner' | 'former-spouse' | 'children' | 'siblings';
  readonly points: readonly Point[];
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly persons: readonly Placed[];
  readonly lines: readonly Line[];
  /** outlines around those who live together: corners in order */
  readonly outlines: readonly (readonly Point[])[];
}

export const SYMBOL = 44;
/** from one symbol to the next: its label stands to its right */
export const SLOT = 190;
const HALF = SYMBOL / 2;
/** room for a label, so that an outline ends before the next symbol begins */
const LABEL = SLOT - SYMBOL - 16;
const LANE = 12;
const CLEAR = 20;
const MARGIN = 24;

const COUPLES: ReadonlySet<string> = new Set(['spouse', 'partner', 'former-spouse']);

/** Rows of those whom no tie places, by their 続柄 (labels of the code list `relation`). */
const ROW_OF_RELATION: Readonly<Record<string, number>> = {
  祖父: -2,
  祖母: -2,
  'おじ・おば': -1,
  子の妻: 1,
  子の夫: 1,
  孫: 2,
};

export const livesHere = (person: Person): boolean =>
  !person.left && !person.deceased && (person.isSubject || person.cohabitation === '1');

export function drawGenogram({ nodes, edges }: Genogram): Drawing {
  const known = new Set(nodes.map((node) => node.personId));
  const ties = edges
    .filter(({ from, to }) => from !== to && known.has(from) && known.has(to))
    .sort((a, b) => (tieKey(a) < tieKey(b) ? -1 : 1));
  const rowOf = rows(nodes, ties);
  const couples = ties.filter(
    ({ kind, from, to }) => COUPLES.has(kind) && rowOf.get(from) === rowOf.get(to),
  );
  const xOf = columns(nodes, ties, rowOf, couples);
  return placed(nodes, ties, rowOf, couples, xOf);
}

const tieKey = ({ kind, from, to }: Tie): string => `${kind} ${from} ${to}`;

/** Person → generation, 0 the uppermost. Where ties contradict each other the first one counts. */
function rows(nodes: readonly Person[], ties: readonly Tie[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const seeds = [...nodes].sort((a, b) => Number(b.isSubject) - Number(a.isSubject));
  for (const seed of seeds) {
    if (found.has(seed.personId)) continue;
    found.set(seed.personId, ROW_OF_RELATION[seed.relation] ?? 0);
    const open = [seed.personId];
    for (let at = open.shift(); at !== undefined; at = open.shift()) {
      const row = found.get(at) ?? 0;
      for (const { kind, from, to } of ties) {
        if (at !== from && at !== to) continue;
        const other = at === from ? to : from;
        if (found.has(other)) continue;
        const step = kind === 'parent' ? (at === from ? 1 : -1) : 0;
        found.set(other, row + step);
        open.push(other);
      }
    }
  }
  const used = [...new Set(found.values())].sort((a, b) => a - b);
  return new Map([...found].map(([id, row]) => [id, used.indexOf(row)]));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Person → place from left to right: children below their parents, couples side by side. */
function columns(
  nodes: readonly Person[],
  ties: readonly Tie[],
  rowOf: ReadonlyMap<string, number>,
  couples: readonly Tie[],
): ReadonlyMap<string, number> {
  const xOf = new Map<string, number>();
  const partnersOf = (id: string): string[] =>
    couples.flatMap(({ from, to }) => (from === id ? [to] : to === id ? [from] : []));
  const wished = (id: string): number | undefined => {
    const above = ties.flatMap(({ kind, from, to }) => {
      const x = kind === 'parent' && to === id ? xOf.get(from) : undefined;
      return x === undefined ? [] : [x];
    });
    return above.length === 0 ? undefined : mean(above);
  };
  for (let row = 0; row <= Math.max(-1, ...rowOf.values()); row += 1) {
    const here = nodes.filter((node) => rowOf.get(node.personId) === row);
    const wish = new Map(here.map(({ personId }) => [personId, wished(personId)]));
    const order = inOrder(here, wish, partnersOf);
    let x = 0;
    const at = order.map(({ personId }) => {
      x = Math.max(x, wish.get(personId) ?? x);
      const mine = x;
      x += SLOT;
      return [personId, mine] as const;
    });
    const off = at.flatMap(([id, mine]) => {
      const wanted = wish.get(id);
      return wanted === undefined ? [] : [wanted - mine];
    });
    const shift = off.length === 0 ? 0 : mean(off);
    for (const [id, mine] of at) xOf.set(id, mine + shift);
  }
  const left = Math.min(0, ...xOf.values());
  return new Map([...xOf].map(([id, x]) => [id, Math.round(x - left) + MARGIN + HALF]));
}

function inOrder(
  here: readonly Person[],
  wish: ReadonlyMap<string, number | undefined>,
  partnersOf: (id: string) => readonly string[],
): readonly Person[] {
  const far = Number.MAX_SAFE_INTEGER;
  const sorted = [...here].sort((a, b) => {
    const [p, q] = [wish.get(a.personId) ?? far, wish.get(b.personId) ?? far];
    return p - q;
  });
  const order: Person[] = [];
  const take = (person: Person): void => {
    if (order.includes(person)) return;
    order.push(person);
    for (const id of partnersOf(person.personId)) {
      const partner = here.find(({ personId }) => personId === id);
      if (partner !== undefined) take(partner);
    }
  };
  sorted.forEach(take);
  // Those of the household on the left, and who is tied across its outline next to it.
  const inside = order.filter(livesHere);
  const outside = order.filter((person) => !livesHere(person));
  const tiedTo = (others: readonly Person[]) => (person: Person) =>
    partnersOf(person.personId).some((id) => others.some(({ personId }) => personId === id));
  const reaches = tiedTo(outside);
  const reached = tiedTo(inside);
  return [
    ...inside.filter((person) => !reaches(person)),
    ...inside.filter(reaches),
    ...outside.filter(reached),
    ...outside.filter((person) => !reached(person)),
  ];
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** For each span the lowest lane in which it touches no other. */
function lanes(spans: readonly Span[]): { of: readonly number[]; count: number } {
  const taken: Span[][] = [];
  const of = spans.map((span) => {
    const free = taken.findIndex((lane) =>
      lane.every(({ from, to }) => span.to < from - 4 || span.from > to + 4),
    );
    const lane = free === -1 ? taken.length : free;
    (taken[lane] ??= []).push(span);
    return lane;
  });
  return { of, count: taken.length };
}

const spanOf = (xs: readonly number[]): Span => ({ from: Math.min(...xs), to: Math.max(...xs) });

/** Children of the same parents in one row, or brothers and sisters whose parents nobody named. */
interface Brood {
  readonly key: string;
  readonly parents: readonly string[];
  readonly children: readonly string[];
  readonly row: number;
}

function broods(
  nodes: readonly Person[],
  ties: readonly Tie[],
  rowOf: ReadonlyMap<string, number>,
): readonly Brood[] {
  const row = (id: string): number => rowOf.get(id) ?? 0;
  const parentsOf = (id: string): string[] =>
    ties.filter((t) => t.kind === 'parent' && t.to === id).map((t) => t.from);
  const found = new Map<string, Brood>();
  for (const { personId } of nodes) {
    const parents = parentsOf(personId).filter((id) => row(id) < row(personId));
    if (parents.length === 0) continue;
    const key = `${parents.join()} ${row(personId)}`;
    const children = [...(found.get(key)?.children ?? []), personId];
    found.set(key, { key, parents, children, row: row(personId) });
  }
  const siblings = ties
    .filter(({ kind, from, to }) => {
      const shared = parentsOf(from).some((id) => parentsOf(to).includes(id));
      return kind === 'sibling' && !shared && row(from) === row(to);
    })
    .map((tie) => ({
      key: tieKey(tie),
      parents: [],
      children: [tie.from, tie.to],
      row: row(tie.from),
    }));
  return [...found.values(), ...siblings];
}

function placed(
  nodes: readonly Person[],
  ties: readonly Tie[],
  rowOf: ReadonlyMap<string, number>,
  couples: readonly Tie[],
  xOf: ReadonlyMap<string, number>,
): Drawing {
  const x = (id: string): number => xOf.get(id) ?? 0;
  const row = (id: string): number => rowOf.get(id) ?? 0;
  const count = Math.max(-1, ...rowOf.values()) + 1;
  const families = broods(nodes, ties, rowOf);
  const coupleOf = (parents: readonly string[]) =>
    couples.find(
      (tie) => parents.length === 2 && parents.every((id) => id === tie.from || id === tie.to),
    );
  const stems = ({ parents }: Brood): number[] => {
    const couple = coupleOf(parents);
    return couple === undefined ? parents.map(x) : [mean([x(couple.from), x(couple.to)])];
  };

  const under = Array.from({ length: count }, (_, at) => {
    const here = couples.filter(({ from }) => row(from) === at);
    return { here, ...lanes(here.map(({ from, to }) => spanOf([x(from), x(to)]))) };
  });
  const over = Array.from({ length: count }, (_, at) => {
    const here = families.filter((family) => family.row === at);
    return { here, ...lanes(here.map((f) => spanOf([...f.children.map(x), ...stems(f)]))) };
  });

  const yOf: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const above = yOf[at - 1];
    const room = CLEAR + LANE * (over[at]?.count ?? 0);
    const before = CLEAR + LANE * (under[at - 1]?.count ?? 0);
    yOf.push(above === undefined ? MARGIN + room + HALF : above + SYMBOL + before + room);
  }
  const y = (id: string): number => yOf[row(id)] ?? 0;

  const coupleY = new Map<Tie, number>();
  const lines: Line[] = [];
  for (const { here, of } of under) {
    here.forEach((tie, at) => {
      const level = y(tie.from) + HALF + CLEAR + LANE * ((of[at] ?? 0) - 0.5);
      coupleY.set(tie, level);
      lines.push({
        key: tieKey(tie),
        kind: tie.kind as Line['kind'],
        points: [
          { x: x(tie.from), y: y(tie.from) + HALF },
          { x: x(tie.from), y: level },
          { x: x(tie.to), y: level },
          { x: x(tie.to), y: y(tie.to) + HALF },
        ],
      });
    });
  }
  for (const { here, of } of over) {
    here.forEach((family, at) => {
      const bar = (yOf[family.row] ?? 0) - HALF - CLEAR + 6 - LANE * (of[at] ?? 0);
      const kind = family.parents.length === 0 ? 'siblings' : 'children';
      const add = (part: string, ...points: Point[]) =>
        lines.push({ key: `${family.key} ${part}`, kind, points });
      const couple = coupleOf(family.parents);
      const froms: Point[] =
        couple === undefined
          ? family.parents.map((id) => ({ x: x(id), y: y(id) + HALF }))
          : stems(family).map((at) => ({ x: at, y: coupleY.get(couple) ?? bar }));
      const tops = family.children.map((id) => ({ x: x(id), y: y(id) - HALF }));
      const { from, to } = spanOf([...froms, ...tops].map((point) => point.x));
      add('bar', { x: from, y: bar }, { x: to, y: bar });
      [...froms, ...tops].forEach((point, end) => add(`${end}`, point, { x: point.x, y: bar }));
    });
  }

  const last = yOf.at(-1) ?? 0;
  return {
    width: Math.max(SLOT, ...nodes.map(({ personId }) => x(personId) + HALF + LABEL)) + MARGIN,
    height: last + HALF + CLEAR + LANE * (under.at(-1)?.count ?? 0) + MARGIN,
    persons: nodes.map((person) => ({ person, x: x(person.personId), y: y(person.personId) })),
    lines,
    outlines: outlines(nodes, rowOf, x, yOf),
  };
}

/** One outline for each run of rows in which somebody of the household stands. */
function outlines(
  nodes: readonly Person[],
  rowOf: ReadonlyMap<string, number>,
  x: (id: string) => number,
  yOf: readonly number[],
): readonly (readonly Point[])[] {
  const edge = (upper: number): number => {
    const [above, below] = [yOf[upper], yOf[upper + 1]];
    if (above === undefined) return (below ?? 0) - HALF - CLEAR / 2;
    return below === undefined ? above + HALF + CLEAR / 2 : (above + below) / 2;
  };
  const found: Point[][] = [];
  let right: Point[] = [];
  let left: Point[] = [];
  const close = () => {
    if (right.length > 0) found.push([...right, ...left.reverse()]);
    [right, left] = [[], []];
  };
  yOf.forEach((rowY, row) => {
    const xs = nodes
      .filter((person) => livesHere(person) && rowOf.get(person.personId) === row)
      .map(({ personId }) => x(personId));
    if (xs.length === 0) {
      close();
      return;
    }
    const begins = right.length === 0;
    const top = begins ? rowY - HALF - CLEAR / 2 : edge(row - 1);
    const next = nodes.some((p) => livesHere(p) && rowOf.get(p.personId) === row + 1);
    const bottom = next ? edge(row) : rowY + HALF + CLEAR / 2;
    const [from, to] = [Math.min(...xs) - HALF - 10, Math.max(...xs) + HALF + LABEL];
    right.push({ x: to, y: top }, { x: to, y: bottom });
    left.push({ x: from, y: top }, { x: from, y: bottom });
  });
  close();
  return found;
}

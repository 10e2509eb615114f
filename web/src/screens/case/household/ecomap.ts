/**
 * The eco-map: the household in the middle, around it the people, agencies and resources that it has
 * to do with (Hartman). Pure; every partner stands in one box, and no two boxes touch.
 */
export type Quality = 'close' | 'ordinary' | 'distant' | 'strained' | 'cut' | 'unknown';

/** One tie of the household, or of somebody in it, to the outside. */
export interface Outside {
  /** what makes two ties lead to the same box */
  readonly key: string;
  readonly name: string;
  /** who of the household, where the record says so */
  readonly who: string | null;
  /** null: that they have to do with each other is all that is known */
  readonly quality: Quality | null;
  readonly note: string;
}

export interface Box {
  readonly key: string;
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly ties: readonly Outside[];
}

export interface Strand {
  readonly key: string;
  readonly quality: Quality | null;
  readonly from: { readonly x: number; readonly y: number };
  readonly to: { readonly x: number; readonly y: number };
}

export interface EcoMap {
  readonly size: number;
  readonly centre: number;
  readonly boxes: readonly Box[];
  readonly strands: readonly Strand[];
}

export const BOX = { width: 184, height: 64 };
export const HUB = 76;
const GAP = 16;
const LEAST = 210;
const APART = 10;

export function drawEcoMap(outside: readonly Outside[]): EcoMap {
  const byKey = new Map<string, Outside[]>();
  for (const tie of outside) byKey.set(tie.key, [...(byKey.get(tie.key) ?? []), tie]);
  const count = byKey.size;
  // Boxes on a circle touch first at their corners: neighbours stand a diagonal apart.
  const diagonal = Math.hypot(BOX.width, BOX.height) + GAP;
  const radius = count < 2 ? LEAST : Math.max(LEAST, diagonal / 2 / Math.sin(Math.PI / count));
  const centre = Math.ceil(radius + BOX.width / 2 + GAP);
  const boxes = [...byKey].map(([key, ties], at) => {
    const angle = (2 * Math.PI * at) / Math.max(count, 1) - Math.PI / 2;
    return {
      key,
      name: ties[0]?.name ?? '',
      x: Math.round(centre + radius * Math.cos(angle)),
      y: Math.round(centre + radius * Math.sin(angle)),
      ties,
    };
  });
  return { size: centre * 2, centre, boxes, strands: boxes.flatMap((box) => strands(box, centre)) };
}

/** A line for each tie, side by side, from the rim of the household to the box. */
function strands(box: Box, centre: number): readonly Strand[] {
  const [dx, dy] = [box.x - centre, box.y - centre];
  const length = Math.hypot(dx, dy);
  const [ux, uy] = [dx / length, dy / length];
  const reach = Math.min(
    BOX.width / 2 / Math.max(Math.abs(ux), 1e-6),
    BOX.height / 2 / Math.max(Math.abs(uy), 1e-6),
  );
  return box.ties.map((tie, at) => {
    const aside = (at - (box.ties.length - 1) / 2) * APART;
    const point = (far: number) => ({
      x: Math.round(centre + ux * far - uy * aside),
      y: Math.round(centre + uy * far + ux * aside),
    });
    return {
      key: `${box.key} ${at}`,
      quality: tie.quality,
      from: point(HUB),
      to: point(length - reach),
    };
  });
}

/** A zigzag of a strained tie between two points, ends included. */
export function zigzag({ from, to }: Strand): readonly { x: number; y: number }[] {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  const turns = Math.max(2, Math.round(length / 10));
  return Array.from({ length: turns + 1 }, (_, at) => {
    const off = at === 0 || at === turns ? 0 : at % 2 === 0 ? 5 : -5;
    return {
      x: Math.round(from.x + (dx * at) / turns - (dy / length) * off),
      y: Math.round(from.y + (dy * at) / turns + (dx / length) * off),
    };
  });
}

/**
 * Japanese eras. A day belongs to the era that began on or before it: 1989-01-07 is 昭和64年,
 * 1989-01-08 is 平成元年 (DOMAIN §4.8).
 */
export interface PartialDate {
  readonly y: number | null;
  readonly m: number | null;
  readonly d: number | null;
}

interface Era {
  readonly name: string;
  /** first day, as yyyymmdd */
  readonly from: number;
}

const ERAS: readonly Era[] = [
  { name: '令和', from: 20190501 },
  { name: '平成', from: 19890108 },
  { name: '昭和', from: 19261225 },
  { name: '大正', from: 19120730 },
  { name: '明治', from: 18680125 },
];

export const WESTERN = '西暦';
export const ERA_NAMES: readonly string[] = [...ERAS.map((era) => era.name), WESTERN];

const startYear = (era: Era): number => Math.floor(era.from / 10000);
const yearText = (year: number): string => (year === 1 ? '元' : String(year));

/** Western year of e.g. 昭和 64; null when the era had no such year. */
export function westernYear(eraName: string, year: number): number | null {
  if (eraName === WESTERN) return year >= 1000 && year <= 9999 ? year : null;
  const index = ERAS.findIndex((era) => era.name === eraName);
  const era = ERAS[index];
  if (era === undefined || year < 1) return null;
  const western = startYear(era) + year - 1;
  const next = ERAS[index - 1];
  return next !== undefined && western > startYear(next) ? null : western;
}

/** Era and year of a date whose month and day may be unknown; then the era at the year's end. */
export function eraOf(
  y: number,
  m: number | null,
  d: number | null,
): { era: string; year: number } {
  const key = y * 10000 + (m ?? 12) * 100 + (d ?? 31);
  const era = ERAS.find((candidate) => candidate.from <= key);
  return era === undefined
    ? { era: WESTERN, year: y }
    : { era: era.name, year: y - startYear(era) + 1 };
}

function warekiYear(y: number, m: number | null, d: number | null): string {
  // What may lie in either of two eras is named by both.
  const first = eraOf(y, m ?? 1, d ?? 1);
  const { era, year } = eraOf(y, m, d);
  if (first.era !== era && first.era !== WESTERN) {
    return `${first.era}${yearText(first.year)}年・${era}${yearText(year)}年`;
  }
  return era === WESTERN ? `${year}年` : `${era}${yearText(year)}年`;
}

export function formatPartial({ y, m, d }: PartialDate): string {
  const year = y === null ? '年不明' : `${warekiYear(y, m, d)}`;
  const month = m === null ? '' : `${m}月`;
  const day = d === null ? '' : `${d}日`;
  const unknown =
    m === null && d === null
      ? '（月日不明）'
      : m === null
        ? '（月不明）'
        : d === null
          ? '（日不明）'
          : '';
  return `${year}${month}${day}${unknown}`;
}

const ISO_DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const JST_MS = 9 * 3600_000;

/** `2025-04-01` → 令和7年4月1日; what is no date comes back as it was. */
export function formatDate(iso: string): string {
  const match = ISO_DATE.exec(iso);
  if (match === null) return iso;
  const [y, m, d] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return `${warekiYear(y, m, d)}${m}月${d}日`;
}

/** Splits an ISO date or instant into its Japanese day and time; time is null for a bare date. */
export function inJapan(iso: string): { date: string; time: string | null } {
  const instant = Date.parse(iso);
  if (!iso.includes('T') || Number.isNaN(instant)) return { date: iso, time: null };
  const japan = new Date(instant + JST_MS).toISOString();
  return { date: japan.slice(0, 10), time: japan.slice(11, 16) };
}

/** An instant or a date, as people here read it. */
export function formatMoment(iso: string): string {
  const { date, time } = inJapan(iso);
  return time === null ? formatDate(date) : `${formatDate(date)} ${time}`;
}

export function todayInJapan(now: number): string {
  return new Date(now + JST_MS).toISOString().slice(0, 10);
}

export function daysInMonth(y: number | null, m: number): number {
  // Without a year, 29 February must remain possible.
  return new Date(Date.UTC(y ?? 2000, m, 0)).getUTCDate();
}

export const pad = (n: number, width = 2): string => String(n).padStart(width, '0');

/** Small charts. Each stands beside a table that says the same; a screen reader is given that. */
export interface Bar {
  readonly label: string;
  /** null where the number is not shown */
  readonly value: number | null;
  /** what stands there instead */
  readonly sign: string;
}

const WIDTH = 640;
const ROW = 26;
const LEFT = 250;
const RIGHT = 70;
/** as many characters as fit beside a bar */
const LABEL = 18;

const short = (label: string): string =>
  [...label].length > LABEL ? `${[...label].slice(0, LABEL - 1).join('')}…` : label;

const most = (bars: readonly Bar[]): number => Math.max(1, ...bars.map(({ value }) => value ?? 0));

/** One line for each part of a breakdown. */
export function BarChart({ bars }: { readonly bars: readonly Bar[] }) {
  const scale = (WIDTH - LEFT - RIGHT) / most(bars);
  return (
    <svg
      className="chart"
      viewBox={`0 0 ${WIDTH} ${bars.length * ROW}`}
      aria-hidden="true"
      focusable="false"
    >
      <line className="axis" x1={LEFT} x2={LEFT} y1={0} y2={bars.length * ROW} />
      {bars.map(({ label, value, sign }, at) => {
        const y = at * ROW;
        const width = (value ?? 0) * scale;
        return (
          <g key={label}>
            <text x={LEFT - 8} y={y + 18} textAnchor="end">
              {short(label)}
            </text>
            {value === null ? (
              <rect className="withheld" x={LEFT + 1} y={y + 5} width={40} height={16} />
            ) : (
              <rect className="bar" x={LEFT + 1} y={y + 5} width={width} height={16} />
            )}
            <text x={LEFT + 8 + (value === null ? 40 : width)} y={y + 18}>
              {value === null ? sign : value.toLocaleString('ja-JP')}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

const HEIGHT = 150;
const FOOT = 24;
const TOP = 20;

/** One column for each month. */
export function ColumnChart({ bars }: { readonly bars: readonly Bar[] }) {
  const step = WIDTH / bars.length;
  const scale = (HEIGHT - FOOT - TOP) / most(bars);
  const ground = HEIGHT - FOOT;
  return (
    <svg className="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" focusable="false">
      <line className="axis" x1={0} x2={WIDTH} y1={ground} y2={ground} />
      {bars.map(({ label, value, sign }, at) => {
        const x = at * step + step * 0.2;
        const height = (value ?? 0) * scale;
        const middle = at * step + step / 2;
        return (
          <g key={label}>
            {value === null ? (
              <rect className="withheld" x={x} y={ground - 20} width={step * 0.6} height={20} />
            ) : (
              <rect className="bar" x={x} y={ground - height} width={step * 0.6} height={height} />
            )}
            <text x={middle} y={ground - (value === null ? 24 : height + 4)} textAnchor="middle">
              {value === null ? sign : value.toLocaleString('ja-JP')}
            </text>
            <text x={middle} y={HEIGHT - 6} textAnchor="middle">
              {label}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

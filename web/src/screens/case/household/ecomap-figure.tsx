import { BOX, drawEcoMap, HUB, zigzag, type Box, type Outside, type Strand } from './ecomap';
import { outsideSentence, qualityText } from './words';

const cut = (text: string, fits: number): string => {
  const letters = [...text];
  return letters.length <= fits ? text : `${letters.slice(0, fits - 1).join('')}…`;
};

function Tie({ strand }: { readonly strand: Strand }) {
  const { from, to, quality } = strand;
  if (quality === 'strained') {
    const points = zigzag(strand)
      .map(({ x, y }) => `${x},${y}`)
      .join(' ');
    return <polyline className="tie" points={points} />;
  }
  const [mx, my] = [(from.x + to.x) / 2, (from.y + to.y) / 2];
  const turn = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
  return (
    <g className={`tie tie-${quality ?? 'unsaid'}`}>
      <line x1={from.x} y1={from.y} x2={to.x} y2={to.y} />
      {quality === 'cut' && (
        <path transform={`translate(${mx} ${my}) rotate(${turn})`} d="M-3 -9V9M3 -9V9" />
      )}
    </g>
  );
}

function Partner({ box }: { readonly box: Box }) {
  const said = [...new Set(box.ties.map(qualityText))].join('、');
  return (
    <g transform={`translate(${box.x} ${box.y})`}>
      <rect
        className="figure-box"
        x={-BOX.width / 2}
        y={-BOX.height / 2}
        width={BOX.width}
        height={BOX.height}
        rx={12}
      />
      <text className="figure-name" y={-4} textAnchor="middle">
        {cut(box.name, 11)}
      </text>
      <text className="figure-note" y={17} textAnchor="middle">
        {cut(said, 13)}
      </text>
    </g>
  );
}

interface Props {
  readonly people: readonly string[];
  readonly outside: readonly Outside[];
}

/** The household and what it has to do with, drawn and in words. */
export function EcoMapFigure({ people, outside }: Props) {
  const map = drawEcoMap(outside);
  const shown = people.length > 4 ? [...people.slice(0, 3), `ほか${people.length - 3}人`] : people;
  return (
    <>
      <div className="figure" role="region" aria-label="エコマップの図" tabIndex={0}>
        <svg
          role="img"
          aria-label="エコマップ。同じ内容を下の文で読めます。"
          width={map.size}
          height={map.size}
          viewBox={`0 0 ${map.size} ${map.size}`}
        >
          {map.strands.map((strand) => (
            <Tie key={strand.key} strand={strand} />
          ))}
          <g transform={`translate(${map.centre} ${map.centre})`}>
            <circle className="figure-box" r={HUB} />
            <text className="figure-name" y={-shown.length * 9 - 2} textAnchor="middle">
              世帯
            </text>
            {shown.map((name, at) => (
              <text
                key={at}
                className="figure-note"
                y={20 + at * 18 - shown.length * 9}
                textAnchor="middle"
              >
                {cut(name, 9)}
              </text>
            ))}
          </g>
          {map.boxes.map((box) => (
            <Partner key={box.key} box={box} />
          ))}
        </svg>
      </div>
      <p className="field-help">
        太い線は良好、細い線は普通、破線は疎遠、ぎざぎざの線は葛藤がある、二本の棒は断絶、点線は不明。うすい線は、関係の良否が書かれていないもの。
      </p>
      <ul className="said" aria-label="エコマップの内容">
        {outside.map((tie, at) => (
          <li key={at}>{outsideSentence(tie)}</li>
        ))}
      </ul>
    </>
  );
}

import type { Genogram } from '../../../types';
import { drawGenogram, livesHere, SYMBOL, type Line, type Placed, type Point } from './layout';
import { ageOf, ageText, nameOf, personSentence, tieSentence, today } from './words';

const HALF = SYMBOL / 2;
const INNER = HALF - 5;
/** characters that fit beside a symbol */
const FITS = 8;

const path = (points: readonly Point[]): string =>
  points.map(({ x, y }) => `${x},${Math.round(y)}`).join(' ');

const short = (text: string): string => {
  const letters = [...text];
  return letters.length <= FITS ? text : `${letters.slice(0, FITS - 1).join('')}…`;
};

/** Square: man; circle: woman; diamond: anyone else. */
function Shape({ sex, half }: { readonly sex: string | null; readonly half: number }) {
  if (sex === '1') return <rect x={-half} y={-half} width={half * 2} height={half * 2} />;
  if (sex === '2') return <circle r={half} />;
  return <polygon points={`0,${-half} ${half},0 0,${half} ${-half},0`} />;
}

function Symbol({ placed, day }: { readonly placed: Placed; readonly day: string }) {
  const { person, x, y } = placed;
  const age = person.deceased ? null : ageOf(person.birthDate, day);
  const below = [person.relation, ageText(person, day)].filter((part) => part !== '').join('・');
  return (
    <g transform={`translate(${x} ${Math.round(y)})`}>
      <g className="figure-shape">
        <Shape sex={person.sex} half={HALF} />
        {person.isSubject && <Shape sex={person.sex} half={INNER} />}
        {person.deceased && (
          <path d={`M${-HALF} ${-HALF}L${HALF} ${HALF}M${HALF} ${-HALF}L${-HALF} ${HALF}`} />
        )}
      </g>
      {age !== null && (
        <text className="figure-age" y={5} textAnchor="middle">
          {age.years}
        </text>
      )}
      <text className="figure-name" x={HALF + 8} y={-3}>
        {short(nameOf(person))}
      </text>
      <text className="figure-note" x={HALF + 8} y={15}>
        {person.deceased ? `${person.relation}・死亡` : below}
      </text>
    </g>
  );
}

/** A couple that parted: two strokes across the line. */
function Parted({ points }: Line) {
  const [, a, b] = points;
  if (a === undefined || b === undefined) return null;
  const x = (a.x + b.x) / 2 + 16;
  const y = Math.round(a.y);
  return <path d={`M${x} ${y + 7}l8 -14M${x + 6} ${y + 7}l8 -14`} />;
}

/** The persons of the household and their kin, drawn and in words. */
export function GenogramFigure({ genogram }: { readonly genogram: Genogram }) {
  const drawing = drawGenogram(genogram);
  const day = today();
  return (
    <>
      <div className="figure" role="region" aria-label="ジェノグラムの図" tabIndex={0}>
        <svg
          role="img"
          aria-label="ジェノグラム。同じ内容を下の文で読めます。"
          width={Math.round(drawing.width)}
          height={Math.round(drawing.height)}
          viewBox={`0 0 ${Math.round(drawing.width)} ${Math.round(drawing.height)}`}
        >
          {drawing.outlines.map((corners, at) => (
            <polygon key={at} className="figure-home" points={path(corners)} />
          ))}
          {drawing.lines.map((line) => (
            <g key={`${line.kind} ${line.key}`} className={`figure-line figure-${line.kind}`}>
              <polyline points={path(line.points)} />
              {line.kind === 'former-spouse' && <Parted {...line} />}
            </g>
          ))}
          {drawing.persons.map((placed) => (
            <Symbol key={placed.person.personId} placed={placed} day={day} />
          ))}
        </svg>
      </div>
      <p className="field-help">
        □男性、○女性、◇そのほか・不明。二重は本人、×は亡くなった人、数字は年齢。点線の囲みは一緒に暮らしている人。
        下を通る線は夫婦（破線は事実婚、斜めの二本線は離別）。
      </p>
      <ul className="said" aria-label="ジェノグラムの内容">
        {genogram.nodes.map((person) => (
          <li key={person.personId}>{personSentence(person, day)}</li>
        ))}
        {genogram.edges.map((tie) => (
          <li key={`${tie.kind} ${tie.from} ${tie.to}`}>{tieSentence(tie, genogram.nodes)}</li>
        ))}
      </ul>
    </>
  );
}

/** Names of those who live in the household, the 本人 first. */
export const household = ({ nodes }: Genogram): readonly string[] =>
  [...nodes]
    .filter(livesHere)
    .sort((a, b) => Number(b.isSubject) - Number(a.isSubject))
    .map(nameOf);

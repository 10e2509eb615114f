import type { Writer } from '../../types';
import { formatMoment } from '../../wareki';

interface Props {
  readonly revision: number;
  readonly at: string;
  readonly by: Writer;
  readonly href?: string;
  readonly note?: string;
}

/** Which revision, when, by whom. */
export function Byline({ revision, at, by, href, note }: Props) {
  const name = `第${revision}版`;
  return (
    <p className="byline">
      {href === undefined ? <span>{name}</span> : <a href={href}>{name}</a>}
      {note !== undefined && <span>（{note}）</span>}
      <span>{formatMoment(at)}</span>
      <span>
        {by.displayName}（{by.agencyName}）
      </span>
    </p>
  );
}

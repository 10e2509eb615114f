import { Term } from '../../ui/term';
import { BASIS_WORDS, JUSO, SHIEN } from './words';

interface Props {
  readonly kind: string;
  readonly basis: string;
  /** what the town calls its kinds of meetings */
  readonly kinds: ReadonlyMap<string, string>;
}

/** As which kind of meeting a case is talked about, and on which basis, in plain words. */
export function Basis({ kind, basis, kinds }: Props) {
  const title = kinds.get(kind) ?? kind;
  return (
    <div className={`basis basis-${basis === '106-6' ? 'secret' : 'consent'}`}>
      <p className="basis-title">
        {kind === SHIEN ? (
          <Term name="shien-kaigi">{title}</Term>
        ) : kind === JUSO ? (
          <Term name="juso-kaigi">{title}</Term>
        ) : (
          title
        )}
        <span className="basis-mark">{basis === '106-6' ? '同意なし' : '同意あり'}</span>
      </p>
      <p>{BASIS_WORDS[basis]}</p>
    </div>
  );
}

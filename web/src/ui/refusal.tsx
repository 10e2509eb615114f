import { Problem } from '../http';
import { Failure } from './load';
import { Notice } from './notice';

interface Props {
  readonly error: unknown;
  /** what the part of the record at a pointer is called here; empty where it needs no name */
  readonly nameOf?: (pointer: string) => string;
}

/** Why something was not done: what the API said of each field, where it said so. */
export function Refusal({ error, nameOf = () => '' }: Props) {
  if (!(error instanceof Problem) || error.errors.length === 0) return <Failure error={error} />;
  return (
    <Notice kind="error" title={error.title}>
      <ul className="summary">
        {error.errors.map(({ pointer, message }) => {
          const name = nameOf(pointer);
          return (
            <li key={`${pointer} ${message}`}>
              {name === '' ? '' : `${name}：`}
              {message}
            </li>
          );
        })}
      </ul>
    </Notice>
  );
}

import { useCallback } from 'react';
import { listPrints } from '../api';
import { Button } from '../ui/button';
import { useLoad } from '../ui/load';
import { PrintButton } from './print-button';
import type { Kind } from './save-file';
import './papers.css';

interface Props {
  readonly paper: string;
  /** of what (schemas/openapi.json) */
  readonly query: Readonly<Record<string, string>>;
  readonly label: string;
  readonly kind?: Kind;
  /** before the name of the paper in the name of the file: a case number */
  readonly prefix?: string;
  /** said aloud in place of the paper's title, where one of several is meant */
  readonly spoken?: string;
}

/** A paper that a screen has one button for. */
export function OnePaper({ paper, query, kind = 'pdf', ...shown }: Props) {
  const [loaded, retry] = useLoad(useCallback(listPrints, []));
  if (loaded.state === 'failed') {
    return (
      <span>
        印刷の準備ができませんでした。
        <Button look="text" onClick={retry}>
          もう一度試す
        </Button>
      </span>
    );
  }
  if (loaded.state !== 'ready') return null;
  const print = loaded.value.find((one) => one.paper === paper);
  return print === undefined ? null : (
    <PrintButton print={print} kind={kind} query={query} {...shown} />
  );
}

import { useEffect, useRef } from 'react';
import { focusField } from '../../form/pointer';
import type { Remark } from '../../form/faults';
import { Notice } from '../../ui/notice';

interface Props {
  readonly remarks: readonly Remark[];
  /** counts the failed attempts: each one brings the focus here */
  readonly attempt: number;
}

export function ErrorSummary({ remarks, attempt }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => ref.current?.focus(), [attempt]);
  if (remarks.length === 0) return null;
  return (
    <Notice
      ref={ref}
      kind="error"
      title={`保存していません。${remarks.length}か所を確かめてください`}
    >
      <ul className="summary">
        {remarks.map((remark) => (
          <li key={remark.pointer}>
            <button
              type="button"
              className="link-button"
              onClick={() => focusField(remark.pointer)}
            >
              {remark.title === '' ? '記録全体' : remark.title}
            </button>
            ：{remark.message}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

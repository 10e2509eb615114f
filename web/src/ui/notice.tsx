import type { ReactNode, Ref } from 'react';

const MARKS = { error: 'エラー', warning: '注意', success: '完了', info: 'お知らせ' } as const;

interface Props {
  readonly kind: keyof typeof MARKS;
  readonly title: string;
  readonly children?: ReactNode;
  readonly ref?: Ref<HTMLDivElement>;
}

/** A framed message. The kind is said in words, not only by colour; errors are announced. */
export function Notice({ kind, title, children, ref }: Props) {
  return (
    <div
      ref={ref}
      tabIndex={-1}
      className={`notice notice-${kind}`}
      role={kind === 'error' ? 'alert' : kind === 'success' ? 'status' : undefined}
    >
      <p className="notice-title">
        <span className="notice-mark">{MARKS[kind]}</span>
        {title}
      </p>
      {children}
    </div>
  );
}

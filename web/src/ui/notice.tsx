import type { ReactNode, Ref } from 'react';

const MARKS = { error: 'エラー', warning: '注意', success: '完了', info: 'お知らせ' } as const;

interface Props {
  readonly kind: keyof typeof MARKS;
  readonly title: string;
  readonly children?: ReactNode;
  /** false where the notice takes the focus and holds fields: typing in them is no news */
  readonly announced?: boolean;
  readonly ref?: Ref<HTMLDivElement>;
}

/** A framed message. The kind is said in words, not only by colour; errors are announced. */
export function Notice({ kind, title, children, announced = true, ref }: Props) {
  const news = kind === 'error' ? 'alert' : kind === 'success' ? 'status' : undefined;
  return (
    <div
      ref={ref}
      tabIndex={-1}
      className={`notice notice-${kind}`}
      role={announced ? news : 'region'}
      aria-label={announced ? undefined : title}
    >
      <p className="notice-title">
        <span className="notice-mark">{MARKS[kind]}</span>
        {title}
      </p>
      {children}
    </div>
  );
}

import { useEffect, useRef, useState } from 'react';
import { focusField } from '../../form/pointer';
import type { Remark } from '../../form/faults';
import type { NotMyNumber } from '../../types';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Notice } from '../../ui/notice';

interface Props {
  readonly places: readonly Remark[];
  readonly busy: boolean;
  readonly onStated: (statements: readonly NotMyNumber[]) => void;
}

/** A 12-digit number looks like a 個人番号: it is taken out, or stated with a reason to be none. */
export function MyNumber({ places, busy, onStated }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  const [reasons, setReasons] = useState<ReadonlyMap<string, string>>(new Map());
  const [asked, setAsked] = useState(false);
  useEffect(() => ref.current?.focus(), []);

  const missing = (place: Remark) => (reasons.get(place.pointer) ?? '').trim() === '';
  return (
    <Notice
      ref={ref}
      kind="error"
      announced={false}
      title="個人番号（マイナンバー）と思われる12桁の数字があるため、保存していません"
    >
      <p>
        個人番号なら、その数字を消してから保存し直してください。このシステムに個人番号は記録できません。
      </p>
      <p>
        電話番号や管理番号などで、個人番号ではないと確かめたときは、理由を書いて保存できます。理由は、見た人・変えた人の記録に残ります。
      </p>
      {places.map((place) => (
        <div key={place.pointer} className="my-number">
          <p>
            場所：
            <button type="button" className="link-button" onClick={() => focusField(place.pointer)}>
              {place.title}
            </button>
          </p>
          <TextField
            label={`「${place.title}」の数字が個人番号ではない理由`}
            help="例：介護保険の事業所番号と枝番を続けて書いたもの"
            maxLength={200}
            value={reasons.get(place.pointer) ?? ''}
            error={asked && missing(place) ? '理由を記入してください。' : undefined}
            onChange={(reason) => setReasons(new Map(reasons).set(place.pointer, reason))}
          />
        </div>
      ))}
      <Button
        busy={busy}
        onClick={() => {
          setAsked(true);
          if (places.some(missing)) return;
          onStated(places.map(({ pointer }) => ({ pointer, reason: reasons.get(pointer) ?? '' })));
        }}
      >
        個人番号ではないので保存する
      </Button>
    </Notice>
  );
}

import { describe } from '../../form/describe';
import type { Choices } from '../../form/choices';
import type { Schema } from '../../types';
import { Button } from '../../ui/button';
import { Notice } from '../../ui/notice';
import type { SetAside } from './editor';

interface Props {
  readonly items: readonly SetAside[];
  readonly form: Schema;
  readonly choices: Choices;
  readonly onRestore: (item: SetAside) => void;
  readonly onForget: () => void;
}

/** One's own words that gave way in a conflict: still here, and one click from coming back. */
export function AsideNotice({ items, form, choices, onRestore, onForget }: Props) {
  if (items.length === 0) return null;
  return (
    <Notice kind="info" title="選ばなかった自分の入力">
      {items.map((item, index) => {
        const property = form.properties?.[item.name];
        const schema = typeof property === 'object' ? property : {};
        return (
          <div key={index} className="set-aside">
            <p>
              <strong>{schema.title ?? item.name}</strong>
            </p>
            {describe(item.value, schema, form, choices).map((line, at) => (
              <p key={at}>{line}</p>
            ))}
            <Button onClick={() => onRestore(item)}>この欄に戻して編集する</Button>
          </div>
        );
      })}
      <Button look="text" onClick={onForget}>
        もう要らない
      </Button>
    </Notice>
  );
}

import { useState } from 'react';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { TextField } from '../ui/field';

const MOST = 40;

interface Props {
  readonly onChosen: (copies: number) => void;
  readonly onCancel: () => void;
}

/** How many numbered copies: one for each who attends. */
export function Copies({ onChosen, onCancel }: Props) {
  const [text, setText] = useState('1');
  const [error, setError] = useState<string>();
  return (
    <Dialog title="何部印刷しますか" onCancel={onCancel}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const copies = Number(text.normalize('NFKC').trim());
          if (Number.isInteger(copies) && copies >= 1 && copies <= MOST) onChosen(copies);
          else setError(`1から${MOST}までの数を入れてください。`);
        }}
      >
        <TextField
          label="部数"
          help="1部ごとに資料番号が付きます。会議の後に数えて回収できます。"
          error={error}
          inputMode="numeric"
          value={text}
          onChange={setText}
        />
        <div className="actions">
          <Button look="solid" type="submit">
            印刷する
          </Button>
          <Button onClick={onCancel}>やめる</Button>
        </div>
      </form>
    </Dialog>
  );
}

import { useState } from 'react';
import { casePath, navigate, readCaseId } from '../router';
import { Button } from '../ui/button';
import { TextField } from '../ui/field';

/** An auditor's way to a case: by the number on the paper at hand, since no list is shown. */
export function CaseNumber() {
  const [text, setText] = useState('');
  const [hint, setHint] = useState<string>();
  return (
    <form
      className="case-number"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const caseId = readCaseId(text);
        if (caseId === null) setHint('ケース番号を確かめてください。');
        else navigate(casePath(caseId, 'audit'));
      }}
    >
      <h2>ケース番号を入力して、閲覧・変更の記録を開く</h2>
      <TextField
        label="ケース番号"
        help="例：122041-2026-7KQ3XV-M"
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        required
        value={text}
        error={hint}
        onChange={setText}
      />
      <div className="actions">
        <Button type="submit" look="solid">
          記録を開く
        </Button>
      </div>
    </form>
  );
}

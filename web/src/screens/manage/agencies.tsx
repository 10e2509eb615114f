import { useCallback, useState } from 'react';
import { codeLabels, listAgencies } from '../../api';
import type { Agency } from '../../types';
import { useAttemptKey } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { DayField, SelectField, TickField } from '../../ui/entry';
import { TextField } from '../../ui/field';
import { ScreenHeading } from '../../ui/heading';
import { Show, useLoad } from '../../ui/load';
import { Notice } from '../../ui/notice';
import { FormDialog, useSubmit } from '../../ui/submit';
import { Table } from '../../ui/table';
import { formatDate } from '../../wareki';
import { addAgency, putAgency, putContract, takeOver } from './api';
import { today } from './staff-data';

type Doing =
  | { readonly what: 'add' }
  | { readonly what: 'change' | 'contract' | 'takeover'; readonly agency: Agency };

const load = async () => {
  const [agencies, kinds] = await Promise.all([listAgencies(), codeLabels('agency-kind')]);
  return { agencies, kinds };
};

const contractOf = ({ memberKind, contract }: Agency): string => {
  if (memberKind === 'municipality') return '市区町村の主管課';
  if (memberKind !== 'coordinator') return 'なし';
  if (contract === null) return '期間の登録がありません（何も見えません）';
  return `${formatDate(contract.from)}〜${contract.to === null ? '' : formatDate(contract.to)}`;
};

export default function Agencies() {
  const [loaded, reload] = useLoad(useCallback(load, []));
  const [doing, setDoing] = useState<Doing | null>(null);
  const [news, setNews] = useState<string | null>(null);
  const close = () => setDoing(null);
  const done = (what: string) => {
    setDoing(null);
    setNews(what);
    reload();
  };
  return (
    <>
      <div className="screen-head">
        <ScreenHeading>機関と委託契約</ScreenHeading>
        <Button look="solid" onClick={() => setDoing({ what: 'add' })}>
          機関を登録する
        </Button>
      </div>
      {news !== null && <Notice kind="success" title={news} />}
      <Show loaded={loaded} retry={reload}>
        {({ agencies, kinds }) => (
          <>
            <Table
              label="登録のある機関"
              columns={['名前', '種別', '多機関協働事業の契約', 'すること']}
              rows={agencies.map((agency) => ({
                key: agency.agencyId,
                cells: [
                  agency.to === null ? (
                    agency.name
                  ) : (
                    <>
                      {agency.name}
                      <strong>（{formatDate(agency.to)}まで）</strong>
                    </>
                  ),
                  agency.kindLabel,
                  contractOf(agency),
                  <div key="do" className="actions">
                    <Button
                      aria-label={`${agency.name}の登録を変更する`}
                      onClick={() => setDoing({ what: 'change', agency })}
                    >
                      変更
                    </Button>
                    {agency.memberKind === 'coordinator' && (
                      <>
                        <Button
                          aria-label={`${agency.name}の契約を登録する`}
                          onClick={() => setDoing({ what: 'contract', agency })}
                        >
                          契約
                        </Button>
                        <Button
                          aria-label={`${agency.name}への引継ぎ`}
                          onClick={() => setDoing({ what: 'takeover', agency })}
                        >
                          引継ぎ
                        </Button>
                      </>
                    )}
                  </div>,
                ],
              }))}
            />
            {doing?.what === 'add' && (
              <Describe kinds={kinds} onClose={close} onDone={() => done('機関を登録しました')} />
            )}
            {doing?.what === 'change' && (
              <Describe
                kinds={kinds}
                agency={doing.agency}
                onClose={close}
                onDone={() => done('機関の登録を変えました')}
              />
            )}
            {doing?.what === 'contract' && (
              <ContractForm
                agency={doing.agency}
                onClose={close}
                onDone={() => done('契約を登録しました')}
              />
            )}
            {doing?.what === 'takeover' && (
              <Takeover
                agency={doing.agency}
                agencies={agencies}
                onClose={close}
                onDone={(count) => done(`${count}件のケースを引き継ぎました`)}
              />
            )}
          </>
        )}
      </Show>
    </>
  );
}

interface DescribeProps {
  readonly kinds: ReadonlyMap<string, string>;
  readonly agency?: Agency;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function Describe({ kinds, agency, onClose, onDone }: DescribeProps) {
  const [name, setName] = useState(agency?.name ?? '');
  const [kind, setKind] = useState(agency?.kind ?? '');
  const [runsProgramme, setRuns] = useState(agency?.memberKind === 'coordinator');
  const [to, setTo] = useState(agency?.to ?? '');
  const submit = useSubmit();
  const keyOf = useAttemptKey();
  const { faults } = submit;
  const send = () => {
    const missing = new Map<string, string>();
    if (name.trim() === '') missing.set('/name', '名前を記入してください。');
    if (kind === '') missing.set('/kind', '種別を選んでください。');
    if (missing.size > 0) {
      submit.refuse(missing);
      return;
    }
    submit.run(async () => {
      const described = { name, kind, runsProgramme, to: to === '' ? null : to };
      if (agency === undefined) await addAgency(described, keyOf(described));
      else await putAgency(agency.agencyId, agency.revision, described);
      onDone();
    });
  };
  return (
    <FormDialog
      title={agency === undefined ? '機関を登録する' : `${agency.name}の登録を変更する`}
      submit={submit}
      label={agency === undefined ? '登録する' : '変える'}
      onSubmit={send}
      onClose={onClose}
    >
      <TextField
        label="名前"
        required
        maxLength={100}
        autoComplete="off"
        value={name}
        error={faults.get('/name')}
        onChange={setName}
      />
      <SelectField
        label="種別"
        required
        empty="選んでください"
        value={kind}
        error={faults.get('/kind')}
        options={[...kinds].map(([value, label]) => ({ value, label }))}
        onChange={setKind}
      />
      {agency?.memberKind !== 'municipality' && (
        <TickField
          label="多機関協働事業を受託している（すべての新しいケースに加わります）"
          checked={runsProgramme}
          onChange={setRuns}
        />
      )}
      {agency !== undefined && agency.memberKind !== 'municipality' && (
        <DayField
          label="終わりの日"
          help="閉じる機関だけに記入します。この日の後は、新しく選べません。書いた記録と名前は残ります。"
          value={to}
          error={faults.get('/to')}
          onChange={setTo}
        />
      )}
    </FormDialog>
  );
}

interface ContractProps {
  readonly agency: Agency;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function ContractForm({ agency, onClose, onDone }: ContractProps) {
  const [from, setFrom] = useState(agency.contract?.from ?? '');
  const [to, setTo] = useState(agency.contract?.to ?? '');
  const [scope, setScope] = useState('多機関協働事業');
  const [number, setNumber] = useState('');
  const [subcontracting, setSub] = useState('forbidden');
  const submit = useSubmit();
  const { faults } = submit;
  const send = () => {
    const missing = new Map<string, string>();
    if (from === '') missing.set('/from', '始まりの日を記入してください。');
    if (scope.trim() === '') missing.set('/scope', '委託する業務を記入してください。');
    if (number.trim() === '') missing.set('/number', '契約番号を記入してください。');
    if (missing.size > 0) {
      submit.refuse(missing);
      return;
    }
    submit.run(async () => {
      const contract = { from, to: to === '' ? null : to, scope, number, subcontracting };
      await putContract(agency.agencyId, contract);
      onDone();
    });
  };
  return (
    <FormDialog
      title={`${agency.name}の契約`}
      submit={submit}
      label="登録する"
      onSubmit={send}
      onClose={onClose}
    >
      <p>この期間の外では、{agency.name}の人には何も見えません。次の操作から効きます。</p>
      <DayField
        label="始まりの日"
        required
        value={from}
        error={faults.get('/from')}
        onChange={setFrom}
      />
      <DayField label="終わりの日" value={to} error={faults.get('/to')} onChange={setTo} />
      <TextField
        label="委託する業務"
        required
        maxLength={200}
        value={scope}
        error={faults.get('/scope')}
        onChange={setScope}
      />
      <TextField
        label="契約番号"
        required
        maxLength={60}
        autoComplete="off"
        value={number}
        error={faults.get('/number')}
        onChange={setNumber}
      />
      <SelectField
        label="再委託"
        value={subcontracting}
        onChange={setSub}
        options={[
          { value: 'forbidden', label: '認めていない' },
          { value: 'approved', label: '承認している' },
        ]}
      />
    </FormDialog>
  );
}

interface TakeoverProps {
  readonly agency: Agency;
  readonly agencies: readonly Agency[];
  readonly onClose: () => void;
  readonly onDone: (count: number) => void;
}

function Takeover({ agency, agencies, onClose, onDone }: TakeoverProps) {
  const [from, setFrom] = useState('');
  const [on, setOn] = useState(today());
  const submit = useSubmit();
  const send = () => {
    if (from === '' || on === '') {
      submit.refuse(new Map([['/from', '前の受託者と、引き継ぐ日を記入してください。']]));
      return;
    }
    submit.run(async () => {
      let count = 0;
      let more = true;
      while (more) {
        const part = await takeOver(agency.agencyId, from, on, crypto.randomUUID());
        count += part.handedOver;
        more = part.more && part.handedOver > 0;
      }
      onDone(count);
    });
  };
  return (
    <FormDialog
      title={`${agency.name}への引継ぎ`}
      submit={submit}
      label="引き継ぐ"
      onSubmit={send}
      onClose={onClose}
    >
      <p>前の受託者が加わっている進行中のケースに加わります。記録は市町村に残ります。</p>
      <SelectField
        label="前の受託者"
        required
        empty="選んでください"
        value={from}
        error={submit.faults.get('/from')}
        onChange={setFrom}
        options={agencies
          .filter(({ agencyId }) => agencyId !== agency.agencyId)
          .map(({ agencyId, name }) => ({ value: agencyId, label: name }))}
      />
      <DayField
        label="引き継ぐ日"
        required
        value={on}
        error={submit.faults.get('/on')}
        onChange={setOn}
      />
    </FormDialog>
  );
}

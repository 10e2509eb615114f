import { useCallback, useState } from 'react';
import { Problem } from '../../http';
import type { FormSetting, Settings, SettingsDocument } from '../../types';
import { Button } from '../../ui/button';
import { TickField } from '../../ui/entry';
import { TextField } from '../../ui/field';
import { ScreenHeading } from '../../ui/heading';
import { Show, useLoad } from '../../ui/load';
import { Notice } from '../../ui/notice';
import { Refused, useSubmit } from '../../ui/submit';
import { useUnsaved } from '../../unsaved';
import {
  putSettings,
  readSettings,
  settingsChoices,
  type Bound,
  type FormItem,
  type SettingsChoices,
} from './api';
import { Discard } from '../../ui/discard';

const load = async () => {
  const [settings, choices] = await Promise.all([readSettings(), settingsChoices()]);
  return { settings, choices };
};
const never = () => false;

/** What the town sets for itself. Whether it may is decided by the API alone. */
export default function SettingsScreen() {
  const [loaded, retry] = useLoad(useCallback(load, []));
  return (
    <>
      <ScreenHeading>設定</ScreenHeading>
      <p>
        呼び名、使わない項目、期限を決めます。記入しなかったことは、ひな形のとおりです。法律上の根拠と、法律や実績報告に要る項目は変えられません。
      </p>
      <Show loaded={loaded} retry={retry}>
        {({ settings, choices }) => (
          <Edit key={settings.revision} first={settings} choices={choices} onReload={retry} />
        )}
      </Show>
    </>
  );
}

interface Props {
  readonly first: Settings;
  readonly choices: SettingsChoices;
  readonly onReload: () => void;
}

type Part = 'meetings' | 'terms' | 'retentionYears' | 'switches' | 'forms';

function Edit({ first, choices, onReload }: Props) {
  const [kept, setKept] = useState(first);
  const [document, setDocument] = useState(first.document);
  const [news, setNews] = useState(false);
  const [stale, setStale] = useState(false);
  const submit = useSubmit();
  const dirty = JSON.stringify(document) !== JSON.stringify(kept.document);
  const [leaving, stay] = useUnsaved(dirty, never);
  const { faults } = submit;

  /** One entry of a part; undefined leaves it to the preset. */
  const set = (part: Part, name: string, value: unknown) => {
    const { [name]: _, ...rest } = (document[part] ?? {}) as Record<string, unknown>;
    const next = value === undefined ? rest : { ...rest, [name]: value };
    const { [part]: __, ...others } = document;
    setDocument(Object.keys(next).length === 0 ? others : { ...others, [part]: next });
  };

  const save = (revision: number) =>
    submit.run(async () => {
      setNews(false);
      try {
        const saved = await putSettings(document, revision);
        setKept(saved);
        setDocument(saved.document);
        setStale(false);
        setNews(true);
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 412) throw error;
        setStale(true);
      }
    });
  const saveOverTheirs = () =>
    submit.run(async () => {
      const theirs = await readSettings();
      const saved = await putSettings(document, theirs.revision);
      setKept(saved);
      setDocument(saved.document);
      setStale(false);
      setNews(true);
    });

  const numbers = (part: 'terms' | 'retentionYears', bounds: readonly Bound[]) =>
    bounds.map(({ name, title, least, most }) => (
      <TextField
        key={name}
        label={title}
        help={`${least}〜${most}。空なら ひな形のとおり（いまは${kept[part][name]}）。`}
        type="number"
        min={least}
        max={most}
        value={document[part]?.[name]?.toString() ?? ''}
        error={faults.get(`/document/${part}/${name}`)}
        onChange={(text) => set(part, name, text === '' ? undefined : Number(text))}
      />
    ));

  return (
    <>
      {news && <Notice kind="success" title="設定を保存しました" />}
      <Refused submit={submit} />
      {stale && (
        <Notice kind="warning" title="ほかの人が先に設定を変えました">
          <p>記入した内容はこの画面に残っています。</p>
          <div className="actions">
            <Button busy={submit.busy} onClick={saveOverTheirs}>
              この内容で保存し直す
            </Button>
            <Button onClick={onReload}>相手の設定を表示する（入力は消えます）</Button>
          </div>
        </Notice>
      )}
      <section className="section" aria-labelledby="preset">
        <h2 id="preset" className="section-title">
          ひな形
        </h2>
        <fieldset className="form-grid">
          <legend className="visually-hidden">ひな形</legend>
          {choices.presets.map(({ preset, title, description }) => (
            <label key={preset} className="choice">
              <input
                type="radio"
                name="preset"
                checked={document.preset === preset}
                onChange={() => setDocument({ ...document, preset })}
              />
              <span>
                {title}：{description}
              </span>
            </label>
          ))}
        </fieldset>
      </section>
      <section className="section" aria-labelledby="meetings">
        <h2 id="meetings" className="section-title">
          会議の呼び名
        </h2>
        <div className="setting-row">
          {choices.meetings.map(({ code, title }) => (
            <TextField
              key={code}
              label={title}
              maxLength={60}
              placeholder={title}
              value={document.meetings?.[code] ?? ''}
              error={faults.get(`/document/meetings/${code}`)}
              onChange={(text) => set('meetings', code, text === '' ? undefined : text)}
            />
          ))}
        </div>
      </section>
      <section className="section" aria-labelledby="programmes">
        <h2 id="programmes" className="section-title">
          実施している事業
        </h2>
        <Programmes
          choices={choices}
          chosen={document.programmes ?? kept.programmes}
          onChange={(programmes) => setDocument({ ...document, programmes })}
        />
      </section>
      <section className="section" aria-labelledby="switches">
        <h2 id="switches" className="section-title">
          切替え
        </h2>
        {choices.switches.map(({ name, title, description }) => (
          <TickField
            key={name}
            label={`${title}：${description}`}
            checked={document.switches?.[name] ?? kept.switches[name] ?? false}
            onChange={(on) => set('switches', name, on)}
          />
        ))}
      </section>
      <section className="section" aria-labelledby="terms">
        <h2 id="terms" className="section-title">
          期限
        </h2>
        <div className="setting-row">{numbers('terms', choices.terms)}</div>
      </section>
      <section className="section" aria-labelledby="years">
        <h2 id="years" className="section-title">
          保存年数
        </h2>
        <p>文書管理規程のとおりにしてください（要確認）。</p>
        <div className="setting-row">{numbers('retentionYears', choices.retentionYears)}</div>
      </section>
      <details className="section" open={kept.document.preset !== 'minimal'}>
        <summary className="section-title">様式と項目</summary>
        <p>使わない様式と項目を消し、呼び名を変えます。いつも表示する項目は消せません。</p>
        <Forms
          document={document}
          kept={kept}
          choices={choices}
          faults={faults}
          onForm={(form, setting) => set('forms', form, setting)}
        />
      </details>
      <div className="save-bar">
        <div className="actions">
          <Button look="solid" busy={submit.busy} onClick={() => save(kept.revision)}>
            設定を保存する
          </Button>
          <span className="save-state">{dirty ? '保存していない変更があります' : ''}</span>
        </div>
      </div>
      {leaving !== null && <Discard onStay={stay} onDiscard={leaving} />}
    </>
  );
}

const ALWAYS = 'multi-agency';

interface ProgrammesProps {
  readonly choices: SettingsChoices;
  readonly chosen: readonly string[];
  readonly onChange: (programmes: readonly string[]) => void;
}

const Programmes = ({ choices, chosen, onChange }: ProgrammesProps) => (
  <>
    {choices.programmes.map(({ code, title }) => (
      <TickField
        key={code}
        label={title}
        checked={chosen.includes(code)}
        disabled={code === ALWAYS}
        onChange={(on) =>
          onChange(
            choices.programmes
              .map((one) => one.code)
              .filter((one) => (one === code ? on : chosen.includes(one))),
          )
        }
      />
    ))}
  </>
);

interface FormsProps {
  readonly document: SettingsDocument;
  readonly kept: Settings;
  readonly choices: SettingsChoices;
  readonly faults: ReadonlyMap<string, string>;
  readonly onForm: (form: string, setting: FormSetting | undefined) => void;
}

function Forms({ document, kept, choices, faults, onForm }: FormsProps) {
  const offered = new Set(kept.forms.map(({ form }) => form));
  const first = [...choices.forms].sort(
    (a, b) => Number(offered.has(b.form)) - Number(offered.has(a.form)),
  );
  return first.map(({ form, title, kept: why, items }) => {
    const setting = document.forms?.[form];
    const change = (next: FormSetting) =>
      onForm(form, Object.keys(next).length === 0 ? undefined : next);
    return (
      <details key={form} className="setting-form">
        <summary>
          {setting?.title ?? title}
          {(setting?.shown ?? offered.has(form)) ? '' : '（使わない）'}
        </summary>
        <OneForm
          form={form}
          title={title}
          why={why}
          shown={setting?.shown ?? offered.has(form)}
          setting={setting ?? {}}
          items={items}
          faults={faults}
          onChange={change}
        />
      </details>
    );
  });
}

interface OneFormProps {
  readonly form: string;
  readonly title: string;
  readonly why: string | null;
  readonly shown: boolean;
  readonly setting: FormSetting;
  readonly items: readonly FormItem[];
  readonly faults: ReadonlyMap<string, string>;
  readonly onChange: (setting: FormSetting) => void;
}

function OneForm({ form, title, why, shown, setting, items, faults, onChange }: OneFormProps) {
  const [open, setOpen] = useState(false);
  const at = `/document/forms/${form}`;
  return (
    <div className="form-grid">
      {why === null ? (
        <TickField
          label="この様式を使う"
          checked={shown}
          onChange={(on) => onChange({ ...setting, shown: on })}
        />
      ) : (
        <p>{why}</p>
      )}
      <TextField
        label="様式の呼び名"
        maxLength={60}
        placeholder={title}
        value={setting.title ?? ''}
        error={faults.get(`${at}/title`)}
        onChange={(text) => {
          const { title: _, ...rest } = setting;
          onChange(text === '' ? rest : { ...rest, title: text });
        }}
      />
      {open ? (
        <Items form={form} setting={setting} items={items} faults={faults} onChange={onChange} />
      ) : (
        <Button onClick={() => setOpen(true)}>{`「${title}」の項目を開く`}</Button>
      )}
    </div>
  );
}

type ItemsProps = Omit<OneFormProps, 'title' | 'why' | 'shown'>;

/** `/` and `~` within a pointer's step (RFC 6901). */
const escaped = (path: string) => path.replaceAll('~', '~0').replaceAll('/', '~1');

function Items({ form, setting, items, faults, onChange }: ItemsProps) {
  const set = (path: string, name: 'shown' | 'title', value: boolean | string | undefined) => {
    const { [path]: before = {}, ...others } = setting.fields ?? {};
    const { [name]: _, ...rest } = before;
    const item = value === undefined ? rest : { ...rest, [name]: value };
    const fields = Object.keys(item).length === 0 ? others : { ...others, [path]: item };
    const { fields: __, ...form } = setting;
    onChange(Object.keys(fields).length === 0 ? form : { ...form, fields });
  };
  return (
    <ul className="setting-items">
      {items.map(({ path, title, kept, renamable }) => {
        const item = setting.fields?.[path];
        const wrong =
          faults.get(`/document/forms/${form}/fields/${escaped(path)}/shown`) ??
          faults.get(`/document/forms/${form}/fields/${escaped(path)}/title`);
        return (
          <li key={path}>
            {kept === null ? (
              <TickField
                label={title}
                checked={item?.shown !== false}
                onChange={(on) => set(path, 'shown', on ? undefined : false)}
              />
            ) : (
              <span>
                {title}
                <span className="field-help">（いつも表示）</span>
              </span>
            )}
            {renamable && (
              <input
                className="input"
                aria-label={`「${title}」の呼び名`}
                maxLength={60}
                placeholder={title}
                value={item?.title ?? ''}
                onChange={(event) =>
                  set(path, 'title', event.target.value === '' ? undefined : event.target.value)
                }
              />
            )}
            {wrong !== undefined && <p className="field-error">{wrong}</p>}
          </li>
        );
      })}
    </ul>
  );
}

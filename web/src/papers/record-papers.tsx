import { useCallback } from 'react';
import { listPrints } from '../api';
import type { FormRecord, Print } from '../types';
import { Button } from '../ui/button';
import { useLoad } from '../ui/load';
import { PrintButton } from './print-button';
import './papers.css';

interface Props {
  readonly caseId: string;
  readonly record: Pick<FormRecord, 'form' | 'recordId' | 'data'>;
}

/** The papers of one record. A form that has none is printed as the screen shows it. */
export function RecordPapers({ caseId, record }: Props) {
  const [loaded] = useLoad(useCallback(listPrints, []));
  if (loaded.state === 'loading') return null;
  const found = loaded.state === 'ready' ? loaded.value.filter((p) => fits(p, record)) : [];
  if (found.length === 0) return <Button onClick={() => window.print()}>印刷する</Button>;
  return found.map((print) => (
    <CasePaper
      key={print.paper}
      print={print}
      caseId={caseId}
      query={{ record: record.recordId }}
      named={found.length > 1}
    />
  ));
}

interface FormPapersProps {
  readonly caseId: string;
  readonly form: string;
}

/** The paper of all records of a form together. */
export function FormPapers({ caseId, form }: FormPapersProps) {
  const [loaded] = useLoad(useCallback(listPrints, []));
  if (loaded.state !== 'ready') return null;
  return loaded.value
    .filter((print) => print.of === 'case' && print.forms.includes(form))
    .map((print) => <CasePaper key={print.paper} print={print} caseId={caseId} query={{}} />);
}

interface CasePaperProps {
  readonly print: Print;
  readonly caseId: string;
  readonly query: Readonly<Record<string, string>>;
  readonly named?: boolean;
}

function CasePaper({ print, caseId, query, named = false }: CasePaperProps) {
  const all = { case: caseId, ...query };
  const common = { print, query: all, prefix: `${caseId}-` };
  return (
    <>
      <PrintButton {...common} kind="pdf" label={named ? `${print.title}（PDF）` : '印刷（PDF）'} />
      {print.excel && <PrintButton {...common} kind="xlsx" label="Excel" />}
    </>
  );
}

const fits = (print: Print, { form, data }: Props['record']): boolean =>
  print.of === 'case' &&
  print.forms.includes(form) &&
  Object.entries(print.when ?? {}).every(([name, value]) => data[name] === value);
